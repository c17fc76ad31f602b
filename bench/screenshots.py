"""Pictures of the pages for the README: `python bench/screenshots.py [PAGE ...]`.

Starts the app with a state folder of its own, loads a sample shop per language, and writes
`<page>-<language>-<theme>.png`. A page called `start` is home before anything is loaded. With
`--home` the workspaces `shop-zh` and `shop-en` of that state folder are pictured instead, so that
pages show what trainings found (`python -m engine load shop-en --sample en`, then `train`).
"""

import argparse
import json
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.browsing import browse  # noqa: E402

PAGES = (
    "start",
    "home",
    "data",
    "search",
    "intent",
    "catalog",
    "sentiment",
    "describe",
    "recommend",
    "cross_sell",
    "strategy",
    "assistant",
    "tune",
    "compare",
)
LANGUAGES = ("zh", "en")
THEMES = ("light", "dark")
QUERIES = {"en": "zoomers for the gym", "zh": "送爸爸的保温杯"}
ASKING = ("search", "intent")
# What is worked out while the page stands already.
LATE = {"tune": ".st-key-estimate", "search": "text=/Answered in|用时/"}
# The first question encodes the whole catalog.
WAIT_MS = 600_000


def settle(page: Page) -> None:
    """Wait until the page's script has finished and its charts are drawn."""
    done = ".stApp[data-test-script-state=notRunning]"
    page.wait_for_selector(done, state="attached", timeout=WAIT_MS)
    # Parts that load their code late stand as grey boxes until then.
    page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=WAIT_MS)
    page.wait_for_timeout(1500)


def load_shop(browser: Browser, url: str, language: str) -> str:
    """Load a sample shop as a visitor would; the key of its workspace."""
    page = browser.new_page()
    page.goto(f"{url}/?lang={language}")
    page.locator(".st-key-load_sample button").click(timeout=60_000)
    page.wait_for_selector(".st-key-figures", timeout=120_000)
    key = page.url.split("w=")[1].split("&")[0]
    page.close()
    return key


def known_key(home: Path | None, language: str) -> str | None:
    """The key of the workspace `shop-<language>` below a state folder, if one was given."""
    if home is None:
        return None
    file = home / "workspaces" / f"shop-{language}" / "workspace.json"
    return str(json.loads(file.read_text(encoding="utf-8"))["key"])


def take(
    browser: Browser, url: str, name: str, language: str, theme: str, width: int, folder: Path
) -> Path:
    """One picture of one page, as long as the page is."""
    page = browser.new_page(
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": 900},
        locale="zh-CN" if language == "zh" else "en-US",
    )
    page.goto(url)
    settle(page)
    if name in LATE:
        page.wait_for_selector(LATE[name], timeout=WAIT_MS)
        settle(page)
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": min(max(900, height), 4000)})
    page.wait_for_timeout(1000)
    path = folder / f"{name}-{language}-{theme}.png"
    page.screenshot(path=path)
    page.close()
    return path


def main() -> None:
    """Take every picture that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", default=PAGES)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "screenshots")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with browse(options.home) as (server, browser):
        for language in options.languages:
            key = known_key(options.home, language) or load_shop(browser, server.url, language)
            for name in options.pages:
                path = "/" if name in ("start", "home") else f"/{name}"
                shop = "" if name == "start" else f"&w={key}"
                shop += f"&q={quote(QUERIES[language])}" if name in ASKING else ""
                address = f"{server.url}{path}?lang={language}{shop}"
                for theme in options.themes:
                    arguments = (name, language, theme, options.width, options.out)
                    print(take(browser, address, *arguments))


if __name__ == "__main__":
    main()
