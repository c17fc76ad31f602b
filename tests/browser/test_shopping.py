"""The demo storefront in a real browser: search, what goes with it, basket, feedback."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event

from playwright.sync_api import Browser, Route, expect

from engine.images.image_store import Brought, Pictures
from engine.serving.api import build_api
from engine.storage.workspace import Workspace
from engine.training.promotion import promote
from pages.ui.compare.deploy_clients import storefront_link
from tests.api_client import make_key
from tests.api_server import serving
from tests.doubles.answerer import FakeAnswerer
from tests.pictures import encoded, product
from tests.runs_double import make_trained
from tests.shop_double import HOSTILE, small_shop
from tests.waiting import until


def acts_of(shop: Workspace) -> list[tuple[str, str]]:
    """All acts that were kept, in order."""
    with closing(sqlite3.connect(shop.folder / "feedback.sqlite")) as connection:
        return connection.execute("SELECT product_id, event FROM events ORDER BY number").fetchall()


def test_a_shopper_searches_and_buys_and_all_of_it_is_kept(home: Path, browser: Browser) -> None:
    shop = small_shop()
    make_trained(shop, "search", "one")
    promote(shop, "search", "one", "")
    Pictures(shop.folder).add([Brought("P23", "a.png", encoded(product("red")))])
    key = make_key(shop, "storefront")
    problems: list[str] = []
    with serving(build_api(FakeAnswerer())) as base:
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.goto(storefront_link(base, shop.name, key))
        assert key not in page.url
        page.locator("#query").fill("teapot")
        # Suggestions come while typing.
        expect(page.locator("#suggestions option").first).to_be_attached()
        page.keyboard.press("Enter")
        cards = page.locator("#results .card")
        expect(cards).to_have_count(12)
        expect(page.locator("#run")).to_contain_text("one")
        # What the catalog holds is shown as it is written there, and does nothing.
        expect(cards.first.locator(".title")).to_have_text(HOSTILE)
        expect(cards.first.locator("img")).to_be_visible()
        cards.first.click()
        expect(page.locator("#product-title")).to_have_text(HOSTILE)
        expect(page.locator("#complements .card")).to_have_count(4)
        # Whoever buys before the basket is kept has bought after filling it all the same.
        waiting: list[Route] = []
        bought = Event()

        def hold(route: Route) -> None:
            route.continue_() if bought.is_set() else waiting.append(route)

        page.route("**/feedback", hold)
        page.locator("#add").click()
        expect(page.locator("#basket-list li")).to_have_text([HOSTILE])
        page.locator("#buy").click()
        expect(page.locator("#basket")).to_be_hidden()
        with page.expect_request_finished(lambda one: "purchase" in (one.post_data or "")):
            bought.set()
            for route in reversed(waiting):
                route.continue_()
        acts = [("P23", event) for event in ("click", "add_to_cart", "purchase")]
        until(lambda: acts_of(shop) == acts, lambda: acts_of(shop))
        # A reload still has the key; a new tab without it says what is missing.
        page.reload()
        expect(page.locator("#status")).to_have_text("")
        assert problems == []
        other = context.new_page()
        other.goto(f"{base}/shop/{shop.name}")
        expect(other.locator("#status")).to_contain_text("完整的链接")
        context.close()
