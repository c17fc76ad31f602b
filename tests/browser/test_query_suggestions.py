"""Typing into the query box in a real browser: suggestions, keys, the mouse, and hostile texts."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.app_server import AppServer
from engine.storage.workspace import Workspace
from tests.browser.conftest import OpenTab
from tests.shop_double import HOSTILE, small_shop

# Intent shows the box without asking a model before a query is there.
# The page whose box is empty at first.
PAGE = "strategy"
# Goes into the box, and types, in the moment in which it is there.
IN_THE_BOX = """new MutationObserver((_, watch) => {
    const box = document.querySelector(".st-key-q input")
    if (!box) return
    watch.disconnect()
    box.focus()
    document.execCommand("insertText", false, "%s")
}).observe(document, { childList: true, subtree: true })"""

# Presses Enter in the moment in which the script asks for suggestions, after its pause of 120 ms.
ENTER_AS_IT_ASKS = """const later = window.setTimeout
window.setTimeout = (act, pause, ...rest) => later((...given) => {
    act(...given)
    if (pause !== 120) return
    const enter = new KeyboardEvent("keydown", { key: "Enter", keyCode: 13, bubbles: true })
    document.querySelector(".st-key-q input").dispatchEvent(enter)
}, pause, ...rest)"""


def items(page: Page):
    return page.locator(".query-suggestions [role=option]")


def some_shop(home: Path) -> Workspace:
    """The shop that the tests of this module share."""
    return Workspace.open("shop") if (home / "workspaces" / "shop").is_dir() else small_shop()


def shop_of_mugs() -> Workspace:
    """A Chinese shop that sells mugs, and is asked for them."""
    shop = small_shop("zh", name="mugs")
    frames = dict(shop.tables().frames)
    frames["products"]["title"] = "马克杯 " + frames["products"]["product_id"]
    frames["searches"]["query"] = frames["searches"]["query"].replace("red mug", "马克杯")
    shop.replace_tables(frames, {})
    return shop


@pytest.fixture
def home(server: AppServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of the module's server."""
    monkeypatch.setenv("SHOPLAB_HOME", str(server.home))
    return server.home


def test_each_key_suggests_and_keys_choose(server: AppServer, open_tab: OpenTab, home) -> None:
    shop = shop_of_mugs()
    page = open_tab(f"{server.url}/{PAGE}?lang=zh&w={shop.key}", locale="zh-CN")
    box = page.get_by_label("顾客会怎么搜？")
    box.click()
    expect(items(page).first).to_be_visible()
    expect(box).to_have_attribute("role", "combobox")
    box.press_sequentially("mkb")
    expect(items(page).first).to_contain_text("马克杯")
    expect(items(page).first).to_contain_text("读音匹配")
    expect(box).to_have_value("mkb")
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    chosen = items(page).first
    expect(chosen).to_have_attribute("aria-selected", "true")
    text = chosen.locator(".text").inner_text()
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    # In the page's own tree, where the input's references to them reach.
    assert page.evaluate("id => !!document.getElementById(id)", chosen.get_attribute("id"))
    box.press("Enter")
    expect(box).to_have_value(text)
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator(".query-suggestions ul")).to_be_hidden()


def test_keys_that_are_ahead_of_the_answer_choose_from_what_was_typed(
    server: AppServer, open_tab: OpenTab, home
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}")
    box = page.get_by_label("What would a shopper type?")
    box.click()
    # The list is still that for nothing typed.
    expect(items(page).first).to_be_visible()
    expect(items(page).first.locator(".text")).not_to_have_text("teapot")
    box.press_sequentially("teapo")
    box.press("ArrowDown")
    expect(items(page).first).to_have_attribute("aria-selected", "true")
    expect(items(page).first.locator(".text")).to_have_text("teapot")
    box.press("Enter")
    expect(box).to_have_value("teapot")
    expect(page).to_have_url(re.compile("q=teapot"))


def test_no_key_chooses_what_is_not_for_the_typed_text(
    server: AppServer, open_tab: OpenTab, home
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}")
    box = page.get_by_label("What would a shopper type?")
    box.click()
    expect(items(page).first).to_be_visible()
    box.press_sequentially("teapo")
    box.press("ArrowDown")
    box.press("Enter")
    # The suggestion if it was there by then, else the text itself.
    expect(page).to_have_url(re.compile("q=teapot?(&|$)"))


def test_a_query_entered_while_suggestions_are_asked_for_is_searched_for(
    server: AppServer, open_tab: OpenTab, home
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}", at_first=ENTER_AS_IT_ASKS)
    page.get_by_label("What would a shopper type?").press_sequentially("teapo")
    expect(page).to_have_url(re.compile("q=teapo(&|$)"))


@pytest.mark.parametrize("typed", ["", "teapo"])
def test_who_is_in_the_box_before_the_list_is_ready_gets_it(
    server: AppServer, open_tab: OpenTab, home, typed: str
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}", at_first=IN_THE_BOX % typed)
    expect(page.get_by_label("What would a shopper type?")).to_have_value(typed)
    expect(items(page).first).to_be_visible()
    if typed:
        expect(items(page).first.locator(".text")).to_have_text("teapot")


def test_escape_closes_the_mouse_chooses_and_texts_are_no_markup(
    server: AppServer, open_tab: OpenTab, home
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}")
    box = page.get_by_label("What would a shopper type?")
    box.click()
    box.press_sequentially("hyperl")
    expect(items(page).first.locator(".text")).to_have_text(HOSTILE)
    expect(page.locator(".query-suggestions img")).to_have_count(0)
    box.press("Escape")
    expect(page.locator(".query-suggestions ul")).to_be_hidden()
    expect(box).to_have_value("hyperl")

    box.fill("")
    box.press_sequentially("teapto")
    expect(items(page).first).to_contain_text("spelling")
    wanted = items(page).filter(has_text=re.compile("^teapot")).first
    wanted.click()
    expect(box).to_have_value("teapot")
    expect(page).to_have_url(re.compile("q=teapot"))
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_what_is_typed_and_entered_is_searched_for_as_it_is(
    server: AppServer, open_tab: OpenTab, home
) -> None:
    shop = some_shop(home)
    page = open_tab(f"{server.url}/{PAGE}?lang=en&w={shop.key}")
    box = page.get_by_label("What would a shopper type?")
    box.click()
    box.press_sequentially("rain")
    expect(items(page).first).to_be_visible()
    box.press("Enter")
    expect(page).to_have_url(re.compile(r"q=rain(&|$)"))
    expect(box).to_have_value("rain")
