"""No page has a serious or critical violation of the accessibility rules that axe-core checks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bench.app_server import AppServer
from engine.models.pretrained import default_encoder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from tests.browser.conftest import TIMEOUT, settle

SEVERE = ("serious", "critical")
PAGES = [page for page in shell.ICONS if shell.available(page)]
# The background of .streamlit/config.toml's dark theme.
DARK = "rgb(16, 23, 28)"
FEW = 120
MENDED = "[data-testid=stSidebarNavItems][role=presentation]"


@pytest.fixture
def shop(
    downloaded: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AppServer, Workspace]]:
    """A server with a part of the English sample shop."""
    downloaded(default_encoder("en"))
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    workspace = Workspace.create("shop", "en")
    load_sample(workspace, "en", Silent())
    frames = dict(workspace.tables().frames)
    workspace.replace_tables(frames | {"products": frames["products"].head(FEW)}, {})
    server = AppServer(tmp_path / "home")
    server.start()
    yield server, workspace
    server.stop()


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core calls serious or critical: the rule, and the first places that break it.

    By all of its rules where none are named.
    """
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    return [
        f"{rule['id']}: " + " | ".join(node["html"][:200] for node in rule["nodes"][:3])
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in SEVERE
    ]


def test_no_page_shuts_anybody_out(shop: tuple[AppServer, Workspace], browser: Browser) -> None:
    server, workspace = shop
    wrong: dict[str, list[str]] = {}
    page = browser.new_context(locale="en-US").new_page()
    page.set_default_timeout(TIMEOUT)
    page.goto(f"{server.url}/?lang=en&w={workspace.key}")
    settle(page)
    for name in PAGES:
        page.emulate_media(color_scheme="light")
        # By the navigation: a browser that is sent to an address reads Streamlit's scripts again.
        address = "" if name == "home" else name
        page.locator(f"[data-testid=stSidebarNavLink][href$='/{address}']").click()
        expect(page).to_have_url(re.compile(rf"/{address}\?"))
        settle(page)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        # What mends Streamlit's own parts comes after the page.
        page.wait_for_selector(MENDED, state="attached")
        wrong[f"{name} light"] = violations(page)
        # The other theme brings other colours to the same elements.
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".stApp")).to_have_css("background-color", DARK)
        wrong[f"{name} dark"] = violations(page, "color-contrast", "link-in-text-block")
    page.context.close()
    assert {name: rules for name, rules in wrong.items() if rules} == {}
