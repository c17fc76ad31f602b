"""An export is a job like others: its token is in no file, and a workspace keeps one archive."""

from pathlib import Path

import pytest

from engine import jobs
from engine.errors import InputError
from engine.jobs import Export, secret_pipe
from engine.jobs.kinds import KINDS
from engine.jobs.secret_pipe import offer_secret, take_secret
from engine.progress import Silent
from engine.storage.files import write_json
from tests.runs_double import make_run, make_shop


def test_an_export_is_a_job_and_its_token_is_in_no_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    uploads: list[tuple[object, ...]] = []

    def push(*about: object) -> str:
        uploads.append(about)
        return "https://huggingface.co/me/x"

    monkeypatch.setattr("engine.model_export.archive.push_model", push)
    shop = make_shop("en")
    run = make_run(shop, "search", "search-1")
    assert jobs.read_export(shop, run) == Export()
    job = jobs.get_job(jobs.start_export(shop, run, "zh", repository="me/x", token="hf_secret"))
    assert jobs.start_export(shop, run, "zh") == job.job_id
    assert "hf_secret" not in str(job)
    for file in home.rglob("*"):
        assert not file.is_file() or b"hf_secret" not in file.read_bytes(), file

    KINDS["export"].work(shop, job, Silent())
    assert uploads == [(shop, "search", "search-1", "me/x", "hf_secret", "zh")]
    with pytest.raises(InputError) as error:
        KINDS["export"].work(shop, job, Silent())
    assert error.value.code == "jobs.token_gone"
    assert jobs.read_export(shop, run) == Export(job, None, "https://huggingface.co/me/x")


def test_a_workspace_keeps_the_archive_of_one_run_and_older_exports_open(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr(
        "engine.model_export.archive.export_model", lambda *about: about[3].write_bytes(b"zip")
    )
    shop = make_shop("en")
    runs = [make_run(shop, "search", f"search-{number}") for number in (1, 2)]
    folder = shop.folder / "exports"
    folder.mkdir()
    # As a process of its own wrote them until November 2026.
    (folder / "search-1.zip").write_bytes(b"old")
    write_json(folder / "search-1.json", {"file": "search-1.zip"})
    write_json(folder / "search-2.json", {"address": "https://huggingface.co/me/x"})
    archives = [jobs.read_export(shop, run).archive for run in runs]
    assert archives == [folder / "search-1.zip", None]
    assert jobs.read_export(shop, runs[1]).address == "https://huggingface.co/me/x"
    (folder / "search-2.json").write_text('{"addr')
    assert jobs.read_export(shop, runs[1]) == Export()

    job = jobs.get_job(jobs.start_export(shop, runs[1], "en"))
    KINDS["export"].work(shop, job, Silent())
    assert jobs.read_export(shop, runs[1]) == Export(job, folder / "search-2.zip")
    assert jobs.read_export(shop, runs[0]) == Export()


def test_gguf_files_stay_beside_the_archive_of_their_run(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    written: list[tuple[object, ...]] = []

    def write(*about: object) -> None:
        written.append(about)
        assert isinstance(about[3], Path)
        about[3].write_bytes(b"gguf")

    monkeypatch.setattr("engine.model_export.archive.export_gguf", write)
    shop = make_shop("en")
    runs = [make_run(shop, "search", f"search-{number}") for number in (1, 2)]
    folder = shop.folder / "exports"
    folder.mkdir()
    for name in ("search-1.zip", "search-1-f16.gguf", "search-2.zip"):
        (folder / name).write_bytes(b"old")
    job = jobs.get_job(jobs.start_export(shop, runs[1], "zh", weights="q8_0"))
    KINDS["export"].work(shop, job, Silent())
    file = folder / "search-2-q8_0.gguf"
    assert written == [(shop, "search", "search-2", file, "q8_0", "zh")]
    assert jobs.read_export(shop, runs[1]) == Export(
        job, folder / "search-2.zip", "", {"q8_0": file}
    )
    assert jobs.read_export(shop, runs[0]) == Export()


def test_a_secret_is_taken_once_and_the_oldest_are_withdrawn(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_pipe, "MOST_PIPES", 2)
    names = [offer_secret(f"secret {number}") for number in range(3)]
    assert [take_secret(name) for name in names] == ["", "secret 1", "secret 2"]
    assert [take_secret(name) for name in names] == ["", "", ""]
    assert not list((home / "secrets").iterdir())
