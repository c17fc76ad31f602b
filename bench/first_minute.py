"""How long a new user waits: `python bench/first_minute.py [--languages zh en]`.

Starts the app with an empty state folder and measures in a real browser, in seconds: from
`streamlit run` to the first page with its button, and from the press of that button to the loaded
shop and to the first answer of the pretrained model on the search page. Models have to be
downloaded before (SHOPLAB_MODELS); nothing else should run.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.app_server import AppServer  # noqa: E402
from bench.screenshots import LANGUAGES, QUERIES  # noqa: E402
from engine.models.pretrained import models_folder  # noqa: E402

PATIENCE_MS = 300_000


def measure(browser: Browser, language: str) -> dict[str, float]:
    """The seconds of one first visit."""
    with tempfile.TemporaryDirectory() as folder:
        server = AppServer(Path(folder) / "home")
        start = time.monotonic()
        server.start()
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        try:
            page.goto(f"{server.url}/?lang={language}")
            page.locator(".st-key-load_sample button").wait_for()
            first_page = time.monotonic() - start
            start = time.monotonic()
            page.locator(".st-key-load_sample button").click()
            page.wait_for_selector(".st-key-figures")
            loaded = time.monotonic() - start
            page.locator("a[href*='/search']").first.click()
            box = page.locator(".st-key-q input")
            box.fill(QUERIES[language])
            box.press("Enter")
            page.wait_for_selector(".st-key-column_untuned .card")
            searched = time.monotonic() - start
        finally:
            page.close()
            server.stop()
    return {"first_page": first_page, "loaded": loaded, "searched": searched}


def main() -> None:
    """Measure every language and print the seconds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    options = parser.parse_args()
    # Models stay where they are; the state folder is made for this and thrown away.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False
        )
        found = {language: measure(browser, language) for language in options.languages}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
