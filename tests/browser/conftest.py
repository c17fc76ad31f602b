"""A real server and a real browser for the tests in this folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from bench.app_server import AppServer

# Busy machines take their time; what hangs for longer is broken.
TIMEOUT = 180_000
WITH_DOUBLES = "tests.browser.app_with_doubles"
OpenTab = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Without one the test is skipped on a laptop and fails in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        reason = "no Chromium on this machine: install it to run the browser tests"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def fresh_server(tmp_path: Path, chromium: str) -> Iterator[AppServer]:
    """A server that no session has visited yet."""
    server = AppServer(tmp_path / "home", WITH_DOUBLES)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[AppServer]:
    """A server that the tests of a module share."""
    shared = AppServer(tmp_path_factory.mktemp("server") / "home", WITH_DOUBLES)
    shared.start()
    yield shared
    shared.stop()


@pytest.fixture(scope="session")
def outside() -> list[str]:
    """The addresses on other machines that the browser has asked for."""
    return []


@pytest.fixture(autouse=True)
def nothing_is_asked_of_the_internet(outside: list[str]) -> Iterator[None]:
    """Every test here fails if its pages ask another machine than this one for anything."""
    outside.clear()
    yield
    assert outside == []


@pytest.fixture(scope="module")
def browser(chromium: str, outside: list[str]) -> Iterator[Browser]:
    """Chromium, once for the tests of a module."""

    def note(request: Request) -> None:
        # What the page itself holds, data: and blob:, has no host.
        if urlsplit(request.url).hostname not in (None, "127.0.0.1"):
            outside.append(request.url)

    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False)
        launched.on("context", lambda context: context.on("request", note))
        yield launched
        launched.close()


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[OpenTab]:
    """Open an address in a browser of its own and wait until the page stands.

    A script given as `at_first` runs before the page's own.
    """
    contexts = []

    def open_address(address: str, locale: str = "en-US", at_first: str = "") -> Page:
        context = browser.new_context(locale=locale)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT)
        page.add_init_script(at_first)
        page.goto(address)
        settle(page)
        return page

    yield open_address
    for context in contexts:
        context.close()


def settle(page: Page) -> None:
    """Wait until the page's script has finished."""
    page.wait_for_selector(".stApp[data-test-script-state=notRunning]", state="attached")
