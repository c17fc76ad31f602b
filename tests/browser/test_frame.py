"""The frame in a real browser: deep links, restarts, languages, links, the first press."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from bench.app_server import AppServer
from engine.messages import LANGUAGES, Catalog
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from tests.browser.conftest import TIMEOUT, settle
from tests.shop_double import small_shop

PAGES = [page for page in shell.ICONS if shell.available(page)]
# The home page and the first page of each section. What makes a link open its page is the frame's
# work and the same for all; that each page opens is seen by test_accessibility.py.
LINKED = ["home", *(pages[0] for pages in shell.SECTIONS.values() if shell.available(pages[0]))]
OWN_NAMES = {"en": "English", "zh": "中文"}
TEXTS = Catalog(Path(shell.__file__).parent.parent)


def expect_page(page: Page, name: str, language: str) -> None:
    """`name` is on the screen with the whole navigation in `language`, and nothing else."""
    expect(page.locator("h1")).to_have_text(TEXTS.say(f"{name}.title", language))
    links = page.get_by_test_id("stSidebarNavLink")
    expect(links).to_have_count(len(PAGES))
    for other in PAGES:
        title = TEXTS.say(f"app.nav.{other}", language)
        expect(links.filter(has_text=title).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that the deep links share: each of them is an address of its own, and a new session."""
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    yield page
    context.close()


# The first of them is also the first session of the server; `test_restart_below_an_open_tab` has
# another fresh start. The link says the one language, and the choice in the sidebar the other.
@pytest.mark.parametrize(("number", "name"), list(enumerate(LINKED)))
def test_deep_link(server: AppServer, tab: Page, name: str, number: int):
    language, other = LANGUAGES if number % 2 else reversed(LANGUAGES)
    tab.goto(f"{server.url}/{name}?lang={language}")
    settle(tab)
    expect_page(tab, name, language)
    tab.get_by_test_id("stSidebar").get_by_text(OWN_NAMES[other], exact=True).click()
    expect_page(tab, name, other)


def test_restart_below_an_open_tab(fresh_server: AppServer, open_tab):
    page = open_tab(f"{fresh_server.url}/data?lang=zh")
    expect_page(page, "data", "zh")
    fresh_server.stop()
    expect(page.locator(".stApp[data-test-connection-state=CONNECTED]")).to_have_count(0)
    fresh_server.start()
    expect(page.locator(".stApp[data-test-connection-state=CONNECTED]")).to_have_count(1)
    expect_page(page, "data", "zh")


def test_language_follows_the_browser_and_the_choice(server: AppServer, open_tab):
    page = open_tab(server.url, locale="zh-CN")
    expect_page(page, "home", "zh")
    page.get_by_test_id("stSidebar").get_by_text("English", exact=True).click()
    expect_page(page, "home", "en")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Data").click()
    expect_page(page, "data", "en")
    page.reload()
    expect_page(page, "data", "en")


def test_first_press_loads_a_shop_that_its_link_opens(server: AppServer, open_tab):
    page = open_tab(f"{server.url}/?lang=en")
    expect(page.get_by_test_id("stBaseButton-primary")).to_have_count(1)
    page.locator(".st-key-load_sample button").click()
    expect(page.locator(".st-key-figures")).to_contain_text("1,500")
    expect(page.locator(".st-key-charts .stPlotlyChart")).to_have_count(6)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Data").click()
    expect(page.locator(".st-key-shown")).to_be_visible()
    expect(page).to_have_url(re.compile("w="))

    guest = open_tab(page.url)
    expect(guest.locator(".st-key-shown")).to_be_visible()
    stranger = open_tab(f"{server.url}/data?lang=en")
    expect(stranger.locator(".st-key-shown")).to_have_count(0)
    other = open_tab(f"{server.url}/?lang=en&w=wrong")
    expect(other.locator(".st-key-load_sample")).to_be_visible()


def test_addresses_in_texts_are_no_links(server: AppServer, open_tab, monkeypatch):
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    shop = Workspace.create()
    shop.set_title("https://e.org http://e.org www.e.org me@e.org HTTPS://E.ORG")
    page = open_tab(f"{server.url}/?lang=en&w={shop.key}")
    shown = page.locator(".st-key-sidebar_workspace")
    expect(shown).to_contain_text("www")
    expect(shown.locator("a")).to_have_count(0)


def test_upload_map_load_undo(server: AppServer, open_tab, tmp_path: Path):
    frame = pd.DataFrame(
        {
            "编码": ["001", "002", "003"],
            "product_title": ["*bold* <b>hat</b>", "=1+1", "![x](http://127.0.0.1:9/x.png)"],
            "cost": ["12.50", "abc", "9"],
        }
    )
    buffer = io.BytesIO()
    frame.to_csv(buffer, index=False, encoding="gb18030")
    file = tmp_path / "目录.csv"
    file.write_bytes(buffer.getvalue())
    page = open_tab(f"{server.url}/data?lang=en")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.locator("input[type=file]").set_input_files(file)
    staged = page.locator(".st-key-staged_products")
    expect(staged).to_contain_text("目录.csv")
    page.reload()
    expect(staged).to_contain_text("目录.csv")
    page.locator(".st-key-load button").click()
    expect(page.get_by_text("3 of 3 rows loaded")).to_be_visible()
    expect(staged).to_have_count(0)
    expect(page.locator(".st-key-shown")).to_be_visible()
    page.locator(".st-key-undo_load button").click()
    expect(page.locator(".st-key-shown")).to_have_count(0)
    assert not [url for url in requests if url.startswith("http://127.0.0.1:9/")]


def test_deleting_a_workspace_asks_first(server: AppServer, open_tab, monkeypatch):
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    key = small_shop().key
    page = open_tab(f"{server.url}/?lang=en&w={key}")
    expect(page.locator(".st-key-figures")).to_be_visible()
    page.get_by_text("This workspace", exact=True).click()
    page.locator(".st-key-delete button").click()
    page.locator(".st-key-delete_cancel button").click()
    expect(page.locator(".st-key-figures")).to_be_visible()
    page.locator(".st-key-delete button").click()
    page.locator(".st-key-delete_confirm button").click()
    expect(page.locator(".st-key-load_sample")).to_be_visible()
    again = open_tab(f"{server.url}/?lang=en&w={key}")
    expect(again.locator(".st-key-load_sample")).to_be_visible()
