"""A page in a browser, beside a bare Streamlit script that filters the same products."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.peers import is_installed, named
from engine.benchmarks.shop import draw_queries, sample_shop
from engine.settings import PROJECT, child_environment

QUERIES = {"smallest": 2, "usual": 15, "full": 40}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 180.0
# Wall time from the key to the end of the script's run, as the browser sees it.
WATCH = """() => {
    const app = document.querySelector('.stApp');
    window.ended = null;
    window.begun = performance.now();
    new MutationObserver(() => {
        if (app.dataset.testScriptState === 'notRunning') window.ended = performance.now();
    }).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
}"""
BARE = """
import pandas as pd, streamlit as st
products = st.cache_data(pd.read_parquet)({file!r})
query = st.container(key="q").text_input("Query")
found = products["title"].str.contains(query, case=False, regex=False)
st.dataframe(products[found].head(30))
"""


def compare(size: Size) -> list[Comparison]:
    """Type new queries, then the same ones again, on both pages in turn."""
    what = "a page in a browser, from the key to the end of the run"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or not is_installed("playwright"):
        return [Comparison(what, named("streamlit"), missing="no_browser")]
    from playwright.sync_api import sync_playwright

    products = sample_shop().tables().products
    queries = draw_queries(products["title"], QUERIES[size] + 1)
    with tempfile.TemporaryDirectory() as folder:
        file, script = Path(folder) / "products.parquet", Path(folder) / "bare.py"
        products[["title", "description"]].to_parquet(file)
        script.write_text(BARE.format(file=str(file)), encoding="utf-8")
        with (
            _served(PROJECT / "app.py") as app,
            _served(script) as bare,
            sync_playwright() as playwright,
        ):
            chromium = playwright.chromium.launch(executable_path=browser, chromium_sandbox=False)
            pages = [chromium.new_page() for _ in range(2)]
            addresses = (f"{app}/search?ws={sample_shop().name}&lang=en", bare)
            for page, address in zip(pages, addresses, strict=True):
                page.set_default_timeout(1000 * PATIENCE_SECONDS)
                page.goto(address)
                page.locator(".st-key-q input").wait_for()
                _ask(page, queries[0])
            # Each page in turn; asked twice, the second time is a run without a new question.
            new = [[_ask(page, query) for page in pages] for query in queries[1:]]
            again = [[_ask(page, query) for page in pages] for query in queries[1:]]
            answered = pages[0].locator(".st-key-column_untuned [class*=st-key-why_untuned]")
            shown = answered.count()
            chromium.close()
    return [
        Comparison(
            what,
            f"{named('streamlit')}, a text box and a table",
            tuple(
                Figure(name, "ms", median(row[0] for row in rows), median(row[1] for row in rows))
                for name, rows in (("click to result", new), ("rerun, asked before", again))
            ),
            f"{shown} products of the last query are shown",
            shown > 0,
        )
    ]


def _ask(page: Any, query: str) -> float:
    """Type a query; the milliseconds until its run has ended."""
    box = page.locator(".st-key-q input").first
    box.fill(query)
    page.evaluate(WATCH)
    box.press("Enter")
    page.wait_for_function("window.ended !== null")
    return float(page.evaluate("window.ended - window.begun"))


@contextmanager
def _served(script: Path) -> Iterator[str]:
    """The address of a Streamlit script that is served meanwhile. Raises TimeoutError."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    server = subprocess.Popen(
        [*command, f"--server.port={port}"],
        cwd=script.parent,
        env=child_environment() | {"SHOPLAB_HOME": os.environ["SHOPLAB_HOME"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                with urlopen(f"{url}/_stcore/health", timeout=2):  # noqa: S310 - our own address
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise TimeoutError(f"{script} is not served")
        yield url
    finally:
        server.terminate()
        server.wait()
