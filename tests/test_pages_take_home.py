"""Taking a model home on the compare page: packed beside the page, downloaded, or uploaded."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.jobs import Export, Job
from engine.jobs.kinds import OWN_DEVICES
from engine.jobs.secret_pipe import take_secret
from engine.jobs.store import Store
from engine.messages import LANGUAGES, engine_catalog
from engine.storage.files import write_json
from engine.storage.runs import run_folder
from engine.storage.workspace import Workspace
from pages.ui.compare import take_home
from pages.ui.frame import i18n
from tests.runs_double import make_run, make_shop
from tests.shop_double import clean, open_page, said_on


@pytest.fixture(autouse=True)
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test has a state folder of its own, whose jobs nobody does."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)


def export_jobs(shop: Workspace) -> list[Job]:
    return jobs.list_jobs(shop.name)


def shop_with_model(language: str) -> Workspace:
    shop = make_shop(language)
    make_run(shop, "search", "search-1")
    bundle = run_folder(shop, "search-1") / "bundle"
    write_json(bundle / "encoder" / "config.json", {})
    write_json(bundle / "bundle.json", {})
    return shop


def keys_of(app: AppTest, beginning: str) -> list[str]:
    return [one.key for one in app.button if (one.key or "").startswith(beginning)]


def names_of_stages(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Take the model home"), ("zh", "把模型带走")]
)
def test_a_model_is_packed_by_a_job_and_downloaded(language: str, title: str) -> None:
    shop = shop_with_model(language)
    say = i18n.catalog().say
    app = clean(open_page("compare", shop, language, task="search"))
    assert title in [header.value for header in app.header]
    app = clean(app.button(key="take_search-1").click().run())
    (job,) = export_jobs(shop)
    assert (job.kind, job.config) == ("export", {"run": "search-1", "language": language})
    assert say("job.next", language) in said_on(app)
    with Store() as store:
        claimed = store.claim(OWN_DEVICES["export"])
        assert claimed is not None
        store.show(claimed, "pack", 0, 0)
        clean(app.run())
        assert names_of_stages(app) == [engine_catalog().say("training.stages.pack", language)]
        clean(app.button(key=f"stop_{job.job_id}").click().run())
        assert say("job.stopping", language) in said_on(app)
        store.settle(claimed, "failed", "workspace.full", {"most": "9"})
    archive = shop.folder / "exports" / "search-1.zip"
    archive.parent.mkdir()
    archive.write_bytes(bytes(3_000_000))
    app = clean(open_page("compare", shop, language, task="search"))
    assert jobs.get_job(job.job_id).message(language) in said_on(app)
    (download,) = [one for one in app.get("download_button") if "3.0 MB" in str(one.proto)]
    assert download.proto.label


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_generator_is_offered_as_a_gguf_file_with_its_size(language: str) -> None:
    shop = shop_with_model(language)
    assert not keys_of(open_page("compare", shop, language, task="search"), "gguf_")
    bundle = run_folder(shop, "search-1") / "bundle"
    (bundle / "encoder" / "config.json").unlink()
    write_json(bundle / "generator" / "config.json", {})
    weights = np.zeros((3_000, 1_000), dtype=np.float16)
    save_file({"w": weights}, bundle / "generator" / "model.safetensors")
    app = clean(open_page("compare", shop, language, task="search"))
    (choice,) = [one for one in app.get("button_group") if "gguf_weights" in one.proto.id]
    say = i18n.catalog().say
    sizes = [option.content for option in choice.proto.options]
    assert sizes == [
        say("compare.take.f16", language, size="6"),
        say("compare.take.q8_0", language, size="3"),
    ]
    app = clean(app.button(key="gguf_search-1").click().run())
    (job,) = export_jobs(shop)
    assert job.config == {"run": "search-1", "language": language, "gguf": "f16"}
    with Store() as store:
        claimed = store.claim(OWN_DEVICES["export"])
        assert claimed is not None
        store.settle(claimed, "done")
    file = shop.folder / "exports" / "search-1-f16.gguf"
    file.parent.mkdir()
    file.write_bytes(bytes(5_000_000))
    app = clean(open_page("compare", shop, language, task="search"))
    (download,) = [one for one in app.get("download_button") if "5.0 MB" in str(one.proto)]
    assert download.proto.label == say("compare.take.download", language, size="5.0")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_upload_needs_repository_and_token(language: str) -> None:
    shop = shop_with_model(language)
    app = clean(open_page("compare", shop, language, task="search"))

    def fill(repository: str, token: str) -> None:
        app.text_input(key="push_repository_search-1").input(repository)
        app.text_input(key="push_token_search-1").input(token)
        (send,) = [one for one in app.button if "push_search-1" in str(one.proto.id)]
        clean(send.click().run())

    fill("me/x", "")
    assert not export_jobs(shop)
    assert len(app.warning) == 1
    fill("me/x", "hf_secret")
    (job,) = export_jobs(shop)
    assert (job.config["language"], job.config["repository"]) == (language, "me/x")
    assert take_secret(job.config["token"]) == "hf_secret"


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
    monkeypatch.setattr(jobs, "read_export", lambda *_: Export(archive=archive))
    app = clean(open_page("compare", shop, task="search"))
    assert "1 MB at most" in said_on(app)
