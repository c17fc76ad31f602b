"""Search and intent in a real browser, over sample products and the real untuned model."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.app_server import AppServer
from engine.models.pretrained import default_encoder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.storage.workspace import Workspace

# Enough that the log names several intents and categories, few enough for seconds of work.
FEW = 200
QUERIES = 150
HOSTILE = "<img src=x onerror=alert(1)> Tent"


@pytest.fixture
def shop(
    downloaded: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """A part of the English sample shop in a state folder that a server can be started on."""
    downloaded(default_encoder("en"))
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    workspace = Workspace.create("shop", "en")
    load_sample(workspace, "en", Silent())
    frames = dict(workspace.tables().frames)
    products = frames["products"]
    products.loc[0, "title"] = HOSTILE
    # Few enough that the model has read them, and the frequent queries, in seconds.
    jackets = products["title"].str.contains("Rain Jacket") | (products.index < FEW)
    searches = frames["searches"]
    frequent = searches["query"].isin(searches["query"].value_counts().index[:QUERIES])
    frames |= {
        "products": products[jackets].reset_index(drop=True),
        "searches": searches[frequent].reset_index(drop=True),
    }
    workspace.replace_tables(frames, {})
    return workspace


@pytest.fixture
def served(shop: Workspace, chromium: str) -> Iterator[AppServer]:
    """A server that has the shop and the model."""
    server = AppServer(shop.folder.parent.parent)
    server.start()
    yield server
    server.stop()


def open_view(page: Page, name: str) -> None:
    tab = page.get_by_role("tab", name=name)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def expect_whole(page: Page) -> None:
    expect(page.get_by_test_id("stException")).to_have_count(0)
    # Chromium counts half pixels: one is no sideways scrolling.
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 1


def test_a_query_is_searched_explained_judged_and_understood(
    served: AppServer, shop: Workspace, open_tab
) -> None:
    page = open_tab(f"{served.url}/search?lang=en&w={shop.key}")
    # The first example greets the visitor with an answer.
    box = page.get_by_label("What would a shopper type?")
    expect(box).not_to_have_value("")
    cards = page.locator(".st-key-column_untuned .card")
    expect(cards).to_have_count(10)
    box.fill("")
    box.press("Enter")
    expect(page.locator(".st-key-no_query")).to_be_visible()
    box.fill("rain jacket")
    box.press("Enter")
    expect(cards).to_have_count(10)
    expect(page.locator(".st-key-column_untuned")).to_contain_text("Rain Jacket")
    expect(page.locator(".st-key-column_tuned")).to_contain_text("No tuned model yet")
    expect(page.get_by_text("Answered in")).to_have_text(
        re.compile(r"Answered in [\d,]+ ms \(pretrained\)")
    )
    expect_whole(page)

    cards.first.get_by_role("button", name="Why?").click()
    why = page.get_by_role("dialog")
    expect(why.get_by_test_id("stMetric")).to_have_count(3)
    expect(why.locator(".stPlotlyChart").first).to_be_visible()
    expect(why).to_contain_text("Rain Jacket")
    why.press("Escape")
    expect(why).to_have_count(0)

    box.fill("something dry for the trail")
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"q=something"))
    guest = open_tab(page.url)
    expect(guest.get_by_label("What would a shopper type?")).to_have_value(
        "something dry for the trail"
    )
    expect(guest.locator(".st-key-column_untuned .card")).to_have_count(10)

    open_view(page, "Judge for yourself")
    table = page.locator(".stDataFrame")
    # Not there before the table is drawn.
    expect(table.locator("[role=gridcell]").first).to_be_attached()
    table.locator(".dvn-scroller").dblclick(position={"x": 60, "y": 52})
    page.locator("#portal").get_by_text("3 · exactly right").click()
    expect(table.locator("[role=gridcell]").first).to_have_text("3")
    # Its press waits until the choice has arrived, when there is something to save.
    page.locator(".st-key-save_judgments button").click()
    expect(page.locator(".st-key-download_judgments button")).to_be_visible()
    assert set(shop.corrections()["label"]) == {"3"}

    open_view(page, "Frequent queries")
    expect(page.locator(".st-key-chart_changed")).to_be_visible()
    expect_whole(page)

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Search intent").click()
    expect(page.locator("h1")).to_have_text("Search intent")
    expect(page.get_by_label("What would a shopper type?")).to_have_value(
        "something dry for the trail"
    )
    expect(page.locator(".st-key-chart_words")).to_be_visible()
    expect(page.locator(".st-key-answer_untuned .stPlotlyChart")).to_have_count(2)
    open_view(page, "What shoppers want")
    expect(page.locator(".st-key-chart_mix")).to_be_visible()
    expect_whole(page)
    open_view(page, "Correct the model")
    expect(page.locator(".stDataFrame canvas").first).to_be_visible()
    expect_whole(page)


def test_what_a_shop_wrote_is_a_text_on_its_card(
    served: AppServer, shop: Workspace, open_tab
) -> None:
    page = open_tab(f"{served.url}/search?lang=en&w={shop.key}&q=onerror")
    card = page.locator(".st-key-column_words .card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text(HOSTILE)
    expect(card.locator("img")).to_have_count(0)
