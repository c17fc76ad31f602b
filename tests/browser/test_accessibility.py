"""No page has a serious or critical violation of the accessibility rules that axe-core checks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from bench.app_server import AppServer
from engine.models.pretrained import default_encoder
from engine.progress import Silent
from engine.reading.load import load_sample
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from tests.browser.conftest import TIMEOUT, settle

SEVERE = ("serious", "critical")
PAGES = [page for page in shell.ICONS if shell.available(page)]
THEMES = ("light", "dark")
FEW = 120


@pytest.fixture(scope="module")
def shop(
    downloaded: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[AppServer, Workspace]]:
    """A server with a part of the English sample shop."""
    downloaded(default_encoder("en"))
    home = tmp_path_factory.mktemp("accessible") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHOPLAB_HOME", str(home))
        workspace = Workspace.create("shop", "en")
        load_sample(workspace, "en", Silent())
        frames = dict(workspace.tables().frames)
        workspace.replace_tables(frames | {"products": frames["products"].head(FEW)}, {})
        server = AppServer(home)
        server.start()
        yield server, workspace
        server.stop()


def violations(page: Page) -> list[str]:
    """What axe-core calls serious or critical: the rule, and the first places that break it."""
    return [
        f"{rule['id']}: " + " | ".join(node["html"][:200] for node in rule["nodes"][:3])
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in SEVERE
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_no_page_shuts_anybody_out(
    shop: tuple[AppServer, Workspace], browser: Browser, theme: str
) -> None:
    server, workspace = shop
    context = browser.new_context(color_scheme=theme, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    wrong: dict[str, list[str]] = {}
    for name in PAGES:
        page.goto(f"{server.url}/{name}?lang=en&w={workspace.key}")
        settle(page)
        if found := violations(page):
            wrong[name] = found
    context.close()
    assert wrong == {}
