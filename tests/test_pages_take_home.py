"""Taking a model home on the compare page: packed beside the page, downloaded, or uploaded."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.messages import LANGUAGES
from engine.model_export import background
from engine.model_export.background import Export
from engine.storage.files import write_json
from engine.storage.runs import Run, run_folder
from engine.storage.workspace import Workspace
from pages.ui.compare import take_home
from tests.runs_double import make_run, make_shop
from tests.shop_double import clean, open_page, said_on


@pytest.fixture(autouse=True)
def state(home: Path) -> None:
    """Every test has a state folder of its own."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The exports that were started: language, repository and token of each."""
    calls: list[tuple[str, str, str]] = []

    def start(
        workspace: Workspace, run: Run, language: str, *, repository: str, token: str
    ) -> None:
        calls.append((language, repository, token))

    monkeypatch.setattr(take_home, "start_export", start)
    return calls


def shop_with_model(language: str) -> Workspace:
    shop = make_shop(language)
    make_run(shop, "search", "search-1")
    bundle = run_folder(shop, "search-1") / "bundle"
    write_json(bundle / "encoder" / "config.json", {})
    write_json(bundle / "bundle.json", {})
    return shop


def buttons(app: AppTest) -> dict[str, object]:
    return {button.key: button for button in app.button if button.key}


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Take the model home"), ("zh", "把模型带走")]
)
def test_a_model_is_packed_beside_the_page_and_downloaded(
    language: str, title: str, started: list[tuple[str, str, str]]
) -> None:
    shop = shop_with_model(language)
    app = clean(open_page("compare", shop, language, task="search"))
    assert title in [header.value for header in app.header]
    (pack,) = [button for button in app.button if button.key == "take_search-1"]
    clean(pack.click().run())
    assert started == [(language, "", "")]
    folder = shop.folder / background.FOLDER
    write_json(folder / "search-1.json", {"file": "x"})
    (folder / "search-1.lock").touch()
    (folder / "search-1.zip").write_bytes(bytes(3_000_000))
    app = clean(open_page("compare", shop, language, task="search"))
    (download,) = [one for one in app.get("download_button") if "3.0 MB" in str(one.proto)]
    assert download.proto.label
    write_json(folder / "search-1.json", {"error": {"message": "No *room* left."}})
    app = clean(open_page("compare", shop, language, task="search"))
    assert "No *room* left" in said_on(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_upload_needs_repository_and_token(
    language: str, started: list[tuple[str, str, str]]
) -> None:
    shop = shop_with_model(language)
    app = clean(open_page("compare", shop, language, task="search"))

    def fill(repository: str, token: str) -> None:
        app.text_input(key="push_repository_search-1").input(repository)
        app.text_input(key="push_token_search-1").input(token)
        (send,) = [one for one in app.button if "push_search-1" in str(one.proto.id)]
        clean(send.click().run())

    fill("me/x", "")
    assert started == []
    assert len(app.warning) == 1
    fill("me/x", "hf_secret")
    assert started == [(language, "me/x", "hf_secret")]


def test_a_run_without_a_portable_model_offers_nothing() -> None:
    shop = make_shop("en")
    make_run(shop, "search", "search-1")
    app = clean(open_page("compare", shop, task="search"))
    assert "Take the model home" not in [header.value for header in app.header]


def test_an_archive_too_big_for_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = shop_with_model("en")
    archive = shop.folder / "big.zip"
    archive.write_bytes(bytes(2_000_000))
    monkeypatch.setattr(take_home, "MOST_MB", 1)
    monkeypatch.setattr(take_home, "read_export", lambda *_: Export("ready", archive))
    app = clean(open_page("compare", shop, task="search"))
    assert "1 MB at most" in said_on(app)
