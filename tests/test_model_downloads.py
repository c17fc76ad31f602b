"""A model that is missing is downloaded by a job, which every page that needs it shows."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.errors import InputError
from engine.jobs import kinds
from engine.jobs.store import Store
from engine.messages import LANGUAGES
from engine.progress import Silent
from engine.serving import client
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from pages.ui.parts import model_download
from tests.runs_double import make_shop
from tests.shop_double import open_page, texts_of
from tests.waiting import until

NETWORK = kinds.OWN_DEVICES["download"]
MODEL = "somebody/huge-model"


@pytest.fixture(autouse=True)
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)


def test_a_download_waits_for_no_training_and_no_training_for_a_download(home: Path) -> None:
    Workspace.create("shop")
    training = jobs.submit("shop", "search", {})
    download = jobs.download("shop", MODEL)
    with Store() as store:
        claimed = {device: store.claim(device) for device in ("cpu", NETWORK)}
        assert {device: job and job.job_id for device, job in claimed.items()} == {
            "cpu": training,
            NETWORK: download,
        }
        assert store.claim(NETWORK) is None


def test_a_model_is_downloaded_once_for_everybody(home: Path) -> None:
    for name in ("one", "two"):
        Workspace.create(name)
    assert jobs.download("one", MODEL) == jobs.download("two", MODEL)
    with pytest.raises(InputError, match="There is no model"):
        jobs.download("one", "../../etc/passwd")


def test_the_job_fetches_what_its_config_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(kinds, "fetch", lambda model, progress: fetched.append(model))
    workspace = Workspace.create("shop")
    job = jobs.get_job(jobs.download("shop", MODEL))
    kinds.KINDS[job.kind].work(workspace, job, Silent())
    assert fetched == [MODEL]


@pytest.fixture
def without_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models that can't answer because one isn't here."""
    missing = InputError("models.not_here", model=MODEL)

    def ask(*_: object, **__: object) -> object:
        raise missing

    monkeypatch.setattr(client, "ask", ask)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_offers_the_download_and_shows_how_far_it_is(
    without_model: None, language: str
) -> None:
    workspace = make_shop(language)
    say = i18n.catalog().say
    app = open_page("tune", workspace, language)
    until(lambda: [button for button in app.run().button if button.key == f"get_{MODEL}"])
    assert not jobs.list_jobs()
    app.button(key=f"get_{MODEL}").click().run()
    (job,) = jobs.list_jobs(workspace.name)
    assert (job.kind, job.config) == ("download", {"model": MODEL})
    with Store() as store:
        claimed = store.claim(NETWORK)
        assert claimed is not None
        store.show(claimed, "download", 7, 90)
    app.run()
    assert not app.exception
    (bar,) = [bar for bar in app.get("progress") if "7" in bar.proto.text]
    assert bar.proto.text == say("download.running", language, done=7, total=90)
    app.button(key=f"stop_{job.job_id}").click().run()
    assert jobs.get_job(job.job_id).cancel is not None
    with Store() as store:
        store.settle(claimed, "failed", "models.too_big", {"model": MODEL, "size": 9, "most": 3})
    app.run()
    assert i18n.escape(jobs.get_job(job.job_id).message(language)) in texts_of(app)
    app.button(key=f"get_{MODEL}").click().run()
    assert not app.exception
    assert jobs.get_job(job.job_id).state == "queued"


@pytest.mark.parametrize("came", [True, False])
def test_a_press_goes_on_once_its_model_is_here(
    home: Path, monkeypatch: pytest.MonkeyPatch, came: bool
) -> None:
    Workspace.create("shop")
    running = SimpleNamespace(active=True, state="running")
    looks = iter([running, SimpleNamespace(active=False, state="done" if came else "cancelled")])
    monkeypatch.setattr(jobs, "latest_download", lambda model: next(looks))
    monkeypatch.setattr(model_download, "available", lambda model: came)
    app = AppTest.from_function(page_with_a_press).run()
    # The first run asks; the fragment sees the end of the download, and the page runs again.
    app.button(key="write").click().run()
    assert not app.exception
    assert [text.value for text in app.text] == ["written"] * came
    assert not app.run().text


def page_with_a_press() -> None:
    import streamlit as st

    from engine.storage.workspace import Workspace
    from pages.ui.parts import model_download, press

    if press.button("Write", "write"):
        if st.session_state.setdefault("asked", False):
            st.text("written")
        else:
            st.session_state["asked"] = True
            model_download.show_download(Workspace.open("shop"), "somebody/huge-model", "write")
