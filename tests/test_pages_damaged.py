"""Pages over damaged tables say so, and the way back stays within reach."""

import runpy
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import ShoplabError
from engine.messages import LANGUAGES
from engine.settings import PROJECT
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from tests.shop_double import FakeModels, small_shop
from tests.waiting import LONG

# Those that read the tables as soon as they open, and the one that leads back.
PAGES = ("home", "search", "recommend", "catalog")


def damaged_shop() -> Workspace:
    """A shop whose tables are damaged, but for those before the last load."""
    shop = small_shop()
    shop.replace_tables(dict(shop.tables().frames), {})
    for file in (shop.folder / shop.generation).glob("*.parquet"):
        file.unlink()  # hard links lead to the generation before
        file.write_bytes(b"PAR1 and no more")
    return shop


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_that_tables_are_damaged(
    page: str, language: str, models: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = damaged_shop()
    script = PROJECT / "pages" / f"{page}.py"
    chosen = SimpleNamespace(url_path=page, run=lambda: runpy.run_path(str(script)))
    monkeypatch.setattr(shell.st, "navigation", lambda *args, **options: chosen)
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    app.query_params["w"], app.query_params["lang"] = shop.key, language
    app.run()
    assert not app.exception
    code = ShoplabError("disk.broken", why="ArrowInvalid")
    assert [error.value.replace("\\", "") for error in app.error] == [code.message(language)]
    if page == "home":
        app.button(key="undo").click().run()
        assert len(Workspace.open(shop.name).tables().products)
        assert not app.error
