"""A catalog is encoded as a job, and search finds the vectors where it looks for them."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.cli import main
from engine.errors import InputError
from engine.jobs import get_job
from engine.jobs.encoding import start_encoding
from engine.jobs.kinds import KINDS, SPREADING
from engine.jobs.ray_encoding import PartWriter
from engine.models.encoder import Encoder, load_encoder
from engine.progress import Silent
from engine.retrieval.dense import hash_text, read_vectors
from engine.storage.files import write_json
from engine.storage.workspace import Workspace
from engine.tables.product_text import passages
from engine.tasks import get_task
from engine.tasks.search.opening import open_tuned_side, open_untuned_side
from tests.runs_double import make_run
from tests.tiny_shop import tiny_workspace


@pytest.fixture
def shop(home: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.tasks.search.task.default_encoder", lambda language: model)
    return tiny_workspace(task="search")


def test_search_finds_what_the_job_encoded(
    shop: Workspace, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_run(shop, "search", "search-1")
    bundle = shop.folder / "runs" / "search-1" / "bundle"
    shutil.copytree(model, bundle / "encoder")
    write_json(bundle / "bundle.json", {"max_tokens": 5})
    for run_id in ("untuned", "search-1"):
        KINDS["encode"].work(shop, get_job(start_encoding(shop, run_id)), Silent())
    tables = shop.tables()
    config = get_task("search").config("quick", tables)
    texts = passages(tables.products).tolist()
    untuned, tuned = (load_encoder(Path(model), most).encode(texts) for most in (64, 5))
    monkeypatch.delattr(Encoder, "encode")  # nothing is encoded any more
    sides = {
        "untuned": open_untuned_side(tables, config, Silent(), 2.0),
        "tuned": open_tuned_side(bundle, tables, 5, Silent(), 2.0),
    }
    assert sides["untuned"].dense.vectors == pytest.approx(untuned, abs=1e-3)
    assert sides["tuned"].dense.vectors == pytest.approx(tuned, abs=1e-3)


def test_the_command_waits_for_the_job(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    job = get_job(start_encoding(shop))
    states = iter([job, type(job)(**asdict(job) | {"state": "done", "stage": "index"})])
    monkeypatch.setattr("engine.commands.encoding.get_job", lambda job_id: next(states))
    monkeypatch.setattr("engine.commands.encoding.POLL_SECONDS", 0)
    monkeypatch.setattr("engine.commands.encoding.ensure_supervisor", lambda: None)
    assert main(["encode", shop.name, "--json"]) == 0
    shown = json.loads(capfd.readouterr().out)
    assert (shown["kind"], shown["state"], shown["workspace"]) == ("encode", "done", shop.name)


def test_a_job_that_failed_gives_its_reason(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    about = asdict(get_job(start_encoding(shop)))
    failed = about | {"state": "failed", "reason": "jobs.killed", "reason_params": {"attempts": 3}}
    job = type(get_job(about["job_id"]))(**failed)
    monkeypatch.setattr("engine.commands.encoding.get_job", lambda job_id: job)
    assert main(["encode", shop.name, "--json", "--language", "en"]) == 1
    assert json.loads(capfd.readouterr().out)["error"]["code"] == "jobs.killed"


def test_a_cluster_is_told_how_many_encode(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "http://head:8265")
    monkeypatch.setenv("SHOPLAB_RAY_GPUS", "1")
    config = get_job(start_encoding(shop, actors=3)).config
    assert config == {"run": "untuned", "actors": 3, "cpus": 1, "gpus": 1}
    assert "encode" in SPREADING


def test_only_runs_of_search_encode(shop: Workspace) -> None:
    make_run(shop, "intent", "intent-1")
    for run, code in (("intent-1", "tasks.other_run"), ("none", "workspace.unknown_run")):
        with pytest.raises(InputError) as error:
            start_encoding(shop, run)
        assert error.value.code == code


def test_a_process_of_the_cluster_writes_parts(
    home: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.ray_encoding.let_people_go_first", lambda: None)
    texts = np.array(["red mug", "blue pan"], dtype=object)
    assert PartWriter(model, 64, str(home / "parts"))({"text": texts})["texts"].tolist() == [2]
    (part,) = (home / "parts").iterdir()
    expected = load_encoder(Path(model), 64).encode(["red mug"], "passage")
    assert read_vectors(part)[hash_text("red mug")] == pytest.approx(expected[0], abs=1e-3)
