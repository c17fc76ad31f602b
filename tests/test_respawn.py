"""A process that is forked anew when it was killed, and only then."""

import os
import signal
from pathlib import Path

import pytest

from engine.serving import respawn as respawning
from engine.serving.respawn import respawn


def test_a_killed_child_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(respawning, "SHORTEST_SECONDS", 0.0)
    lives = tmp_path / "lives"

    def work() -> None:
        with lives.open("a") as file:
            file.write("x")
        if lives.stat().st_size < respawning.MOST + 2:
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(7)

    assert respawn(work) == 7
    assert lives.stat().st_size == respawning.MOST + 2


def test_those_that_die_at_once_are_not_followed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(respawning, "SHORTEST_SECONDS", float("inf"))
    assert respawn(lambda: os.kill(os.getpid(), signal.SIGKILL)) == -signal.SIGKILL


def test_one_that_is_done_is_the_last() -> None:
    assert respawn(lambda: None) == 0
