"""What all tests share."""

import contextlib
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import ShoplabError
from engine.models.pretrained import fetch
from engine.settings import PROJECT
from engine.training.progress import Silent


@pytest.fixture
def downloaded(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Gives a real pretrained model's folder, kept between tests; skips where none can be had."""
    shared = os.environ.get("SHOPLAB_MODELS") or str(PROJECT / ".shoplab" / "models")
    monkeypatch.setenv("SHOPLAB_MODELS", shared)

    def get(model_id: str) -> Path:
        try:
            return fetch(model_id, Silent())
        except ShoplabError as error:
            if error.code == "models.unreachable":
                pytest.skip(error.message())
            raise

    return get


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own for one test."""
    monkeypatch.setenv("SHOPLAB_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    end_jobs(tmp_path / "home")


def end_jobs(home: Path) -> None:
    """End the supervisor and the workers that a test left behind."""
    lock, jobs = home / "supervisor.lock", home / "jobs.sqlite"
    if lock.is_file():
        kill_group(int(lock.read_text()))
    if jobs.is_file():
        with contextlib.closing(sqlite3.connect(jobs)) as connection:
            running = connection.execute("SELECT pid FROM jobs WHERE state = 'running'")
            for (pid,) in running.fetchall():
                kill_group(pid)


def kill_group(pid: int | None) -> None:
    """End a process group, if there is one."""
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
