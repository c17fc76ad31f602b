"""The search page in a browser, beside a bare Streamlit page that answers with the same encoder."""

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
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pandas as pd

from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.peers import is_installed, named
from engine.benchmarks.shop import draw_queries, sample_shop
from engine.models.pretrained import default_encoder, locate
from engine.progress import Silent
from engine.settings import PROJECT, child_environment
from engine.tables.product_text import passages
from engine.tasks.search.config import SearchConfig

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUERIES = {"smallest": 2, "usual": 20, "full": 100}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 600.0
# Words count with us as well, and filters: the bare page's first product may be missing.
AGREEING = 0.75
# The browser notes each message of the server and each change of the page. A short run leaves the
# page's own mark of its state as it was, so an end is a while without either.
NOTE = """
const note = () => { window.changed = performance.now(); };
window.WebSocket = class extends window.WebSocket {
    constructor(...options) {
        super(...options);
        this.addEventListener('message', () => { window.messages += 1; note(); });
    }
};
const inside = ({target}) => (target.closest ? target : target.parentElement)?.closest('.stMain');
new MutationObserver((records) => { if (records.some(inside)) note(); }).observe(
    document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
BEGIN = "window.messages = 0; window.begun = performance.now();"
ENDED = """window.messages > 0 && performance.now() - window.changed > 500
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'"""
BARE = """
import pandas as pd, streamlit as st
from sentence_transformers import SentenceTransformer, util
model = st.cache_resource(SentenceTransformer)(
    {model!r}, local_files_only=True, trust_remote_code=False
)
model.max_seq_length = {max_tokens}
products = st.cache_data(pd.read_parquet)({products!r})
vectors = st.cache_data(lambda: model.encode(products["passage"].tolist()))()
query = st.text_input("Query", key="q")
for hit in util.semantic_search(model.encode(query), vectors, top_k=10)[0] if query else ():
    st.write(products["title"][hit["corpus_id"]])
"""


def compare(size: Size) -> list[Comparison]:
    """Type new queries, then run the pages again without a new one, each page in turn."""
    what = "search page in a browser"
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None or not is_installed("playwright"):
        return [Comparison(what, named("streamlit"), missing="no_browser")]
    from playwright.sync_api import sync_playwright

    shop = sample_shop()
    products = shop.tables().products
    first, *queries = draw_queries(products["title"], 1 + QUERIES[size])
    typed, again = [], []
    same = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        _served(PROJECT / "app.py") as app,
        _served(_write_bare(Path(folder), products)) as bare,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=browser, chromium_sandbox=False)
        pages = [chromium.new_page() for _ in range(2)]
        for page, address in zip(pages, (f"{app}/search?w={shop.key}&lang=en", bare), strict=True):
            page.set_default_timeout(1000 * PATIENCE_SECONDS)
            page.add_init_script(NOTE)
            page.goto(address)
            _ask(page, first)
        for query in queries:
            typed.append([_ask(page, query) for page in pages])
            again.append([_run_again(page) for page in pages])
            ours, peer = pages[0].locator(".card .title"), pages[1].locator(".stMarkdown")
            same += any(peer.first.inner_text() in text for text in ours.all_inner_texts())
        chromium.close()
    return [
        Comparison(
            f"{what}, {len(products):,} products",
            f"{named('streamlit')}, a text box and {named('sentence-transformers')}",
            tuple(
                Figure(name, "ms", median(row[0] for row in rows), median(row[1] for row in rows))
                for name, rows in (("key to result", typed), ("rerun", again))
            ),
            f"the bare page's first product is on ours for {same} of {len(queries)} queries",
            same >= AGREEING * len(queries),
        )
    ]


def _write_bare(folder: Path, products: pd.DataFrame) -> Path:
    table, script = folder / "products.parquet", folder / "bare.py"
    products[["title"]].assign(passage=passages(products)).to_parquet(table)
    model = str(locate(default_encoder("en"), Silent()))
    text = BARE.format(model=model, products=str(table), max_tokens=SearchConfig().max_tokens)
    script.write_text(text, encoding="utf-8")
    return script


def _ask(page: "Page", query: str) -> float:
    """Type a query and press Enter; the milliseconds to the last change that this brings."""
    box = page.locator(".st-key-q input").first
    box.fill(query)
    return _press(page, "Enter")


def _run_again(page: "Page") -> float:
    """Press Streamlit's key for a rerun; the milliseconds to the last change that this brings."""
    page.locator(".st-key-q input").first.blur()
    return _press(page, "r")


def _press(page: "Page", key: str) -> float:
    page.evaluate(BEGIN)
    page.keyboard.press(key)
    page.wait_for_function(ENDED, polling=100)
    return float(page.evaluate("window.changed - window.begun"))


@contextmanager
def _served(script: Path) -> Iterator[str]:
    """The address of a Streamlit script that is served meanwhile. Raises TimeoutError."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    options = ["--server.headless=true", "--browser.gatherUsageStats=false"]
    options += ["--server.address=127.0.0.1", f"--server.port={port}"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
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
