"""Processes that share a computation: all are heard, and none stays, however it ends."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.errors import Cancelled, InputError, ShoplabError
from engine.models.processes import run_together
from engine.progress import Silent
from engine.settings import PROJECT
from tests.waiting import until

START = """
import os, signal, sys, time
from pathlib import Path
from engine.errors import InputError
from engine.models.processes import Parent
parent, rank = Parent.join(), int(os.environ["RANK"])
Path(sys.argv[1], f"new{rank}").write_text(str(os.getpid()))
Path(sys.argv[1], f"new{rank}").rename(Path(sys.argv[1], f"pid{rank}"))
print("a library prints")
while not all(Path(sys.argv[1], f"pid{one}").exists() for one in (0, 1)):
    time.sleep(0.01)
"""
KILLED = "if rank: os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(600)"
HANGING = "parent.stage('train', 2, 9)\ntime.sleep(600)"


def command(folder: Path, ending: str) -> list[str]:
    return [sys.executable, "-c", START + ending, str(folder)]


def left(folder: Path) -> list[int]:
    """Which of the processes are still there."""
    pids = [int(file.read_text()) for file in sorted(folder.glob("pid*"))]
    assert len(pids) == 2
    return [pid for pid in pids if not ended(pid)]


def ended(pid: int) -> bool:
    """Whether the process is over, and only waits to be collected."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Recorder(Silent):
    """Keeps what it hears; asks for a stop after `most` reports."""

    def __init__(self, most: int = 9) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.most = most

    def check(self) -> None:
        if len(self.heard) >= self.most:
            raise Cancelled

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        self.heard.append((name, done, total))

    def point(self, metric: str, value: float, step: int) -> None:
        self.heard.append((metric, value, step))


def test_what_a_process_reports_is_heard_and_nothing_else(tmp_path: Path) -> None:
    progress = Recorder()
    ending = "if not rank: parent.stage('train', 1, 9); parent.point('loss', 0.5, 1)"
    run_together(command(tmp_path, ending), 2, progress)
    assert progress.heard == [("train", 1, 9), ("loss", 0.5, 1)]


def test_one_that_is_killed_ends_all_and_is_named(tmp_path: Path) -> None:
    with pytest.raises(ShoplabError) as caught:
        run_together(command(tmp_path, KILLED), 2, Silent())
    assert caught.value.code == "models.process_ended"
    assert caught.value.params == {"process": 2, "count": 2, "signal": 9}
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("if rank: parent.error(InputError('a.code', why='this')); sys.exit(1)\ntime.sleep(600)",
         "a.code"),
        ("if rank: sys.exit(3)\ntime.sleep(600)", "models.process_failed"),
    ],
)  # fmt: skip
def test_an_error_comes_home_with_its_reason(tmp_path: Path, ending: str, code: str) -> None:
    with pytest.raises(ShoplabError) as caught:
        run_together(command(tmp_path, ending), 2, Silent())
    assert caught.value.code == code
    assert isinstance(caught.value, InputError) == (code == "a.code")
    assert caught.value.params["why"] == ("this" if code == "a.code" else "exit status 3")
    assert left(tmp_path) == []


def test_a_stop_ends_all(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        run_together(command(tmp_path, HANGING), 2, Recorder(most=1))
    assert left(tmp_path) == []


def test_none_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    run = (
        "import sys; from engine.models.processes import run_together; "
        "from engine.progress import Silent; run_together(sys.argv[1:], 2, Silent())"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", run, *command(tmp_path, HANGING)],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    try:
        until(lambda: len(list(tmp_path.glob("pid*"))) == 2)
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not left(tmp_path))
