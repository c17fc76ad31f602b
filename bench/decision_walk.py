"""From a sample shop to slides, as a new user goes: `python bench/decision_walk.py`.

Starts the app with a state folder of its own and, in each language, loads the sample shop, trains
the search, makes an idea of what was measured, opens the business case and the experiment plan,
keeps both, and downloads the slides. The pictures of the steps go to
`docs/walkthrough/decision-<language>/`. Printed as JSON: per language how many seconds each step
took. With `--home` the workspaces `shop-zh` and `shop-en` of that state folder are used, which have
a search run already.
"""

import argparse
import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.browsing import browse  # noqa: E402
from bench.room_walk import DESK, Pictures, new_page, settle, shop_of  # noqa: E402
from bench.screenshots import known_key  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402
from engine.tasks import TASKS  # noqa: E402

WAIT_MS = 120_000
TRAINING_MS = 1_500_000
IDEA = {"zh": "懂意思的搜索", "en": "Search that understands"}


def load_shop(page: Page, url: str, language: str) -> str:
    """Load the sample shop by the button on the first page; the key of its workspace."""
    page.goto(f"{url}/?lang={language}")
    page.locator(".st-key-load_sample button").click()
    page.locator(".st-key-figures").wait_for(timeout=TRAINING_MS)
    return shop_of(page)


def open_page(page: Page, url: str, name: str, shop: str, language: str) -> None:
    """Open a page of the shop."""
    page.goto(f"{url}/{name}?lang={language}&w={shop}")
    settle(page)


def train_search(page: Page, url: str, shop: str, language: str) -> None:
    """Start the quick training of search, and wait for its result."""
    open_page(page, url, "tune", shop, language)
    page.locator(".st-key-task button").nth(TASKS.index("search")).click()
    settle(page)
    page.locator(".st-key-start button").click()
    done = page.get_by_test_id("stMain").locator("a[href*=compare]")
    done.first.wait_for(timeout=TRAINING_MS)


def walk(
    browser: Browser, url: str, language: str, shop: str | None, pictures: Pictures, *, theme: str
) -> None:
    """Every step from the shop to the slides."""
    page = new_page(browser, language, DESK, theme)
    page.set_default_timeout(WAIT_MS)
    if not shop:
        page.goto(f"{url}/?lang={language}")
        page.locator(".st-key-load_sample").wait_for()
        pictures.take(page, "start")
        with pictures.step("load"):
            shop = load_shop(page, url, language)
        pictures.take(page, "shop")
        with pictures.step("train"):
            train_search(page, url, shop, language)
        pictures.take(page, "trained")
    with pictures.step("compare"):
        open_page(page, url, "compare", shop, language)
        page.locator("[class*=st-key-evidence_] button").first.wait_for()
    pictures.take(page, "compare")
    with pictures.step("idea"):
        page.locator("[class*=st-key-evidence_] button").first.click()
        page.locator(".st-key-ideas_brought").wait_for()
        pictures.take(page, "evidence")
        page.locator(".st-key-brought_attach button").click()
        page.locator(".st-key-ideas_save button").wait_for()
        page.locator("[class*=title] input").first.fill(IDEA[language])
        page.locator("[class*=title] input").first.press("Tab")
        page.locator(".st-key-ideas_save button").click()
        settle(page)
    pictures.take(page, "card")
    with pictures.step("case"):
        open_page(page, url, "case", shop, language)
        page.locator(".st-key-case_figures").wait_for()
    pictures.take(page, "case")
    with pictures.step("keep_case"):
        page.locator(".st-key-case_assumptions summary").click()
        pictures.take(page, "assumptions")
        page.locator(".st-key-keep_case button").click()
        settle(page)
    with pictures.step("experiment"):
        open_page(page, url, "experiment", shop, language)
        page.locator(".st-key-plan_figures").wait_for()
        page.locator(".st-key-keep_plan button").click()
        settle(page)
    pictures.take(page, "experiment")
    with pictures.step("report"):
        open_page(page, url, "report", shop, language)
        with page.expect_download() as download:
            page.locator(".st-key-report_downloads button").first.click()
        slides = Path(download.value.path())
        assert slides.read_bytes()[:2] == b"PK"
    pictures.take(page, "report")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.context.close()


def main() -> None:
    """Walk once in each language: English in the light, Chinese in the dark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "walkthrough")
    options = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    with browse(options.home) as (server, browser):
        for language in options.languages:
            pictures = Pictures(options.out / f"decision-{language}")
            shop = known_key(options.home, language)
            theme = "dark" if language == "zh" else "light"
            walk(browser, server.url, language, shop, pictures, theme=theme)
            print(json.dumps({"language": language, "seconds": pictures.seconds}))


if __name__ == "__main__":
    main()
