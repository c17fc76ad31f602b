"""The model process as pages meet it: started, asked from many threads, killed, hung, stopped."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from engine.errors import InputError, ShoplabError
from engine.serving import client
from engine.serving import process as processes
from engine.serving.client import Client
from engine.serving.question import Question
from engine.serving.running import list_running
from engine.serving.watch import Stage
from engine.tasks.intent.answers import PREDICT
from tests.waiting import LONG, until

# Importing the libraries of the models takes seconds, and no question here is for a model.
LIGHT = """
import engine.serving.server as server
from engine.serving import answering
answering.LIBRARIES = ()
server.main()
"""


@pytest.fixture
def models(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(processes, "SERVER", ("-c", LIGHT))
    yield client._client(home.resolve())
    client.stop()


def ask_unknown(name: str = "nobody") -> tuple[str, object]:
    """A question that needs no model: the process says that there is no such shop."""
    with pytest.raises(InputError) as caught:
        client.ask(Question(name, PREDICT, []), LONG)
    return caught.value.code, caught.value.params["name"]


def test_it_lives_as_a_user_would_have_it(
    models: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Starting the process takes seconds, so one test goes through its life.
    found: dict[str, tuple[str, object]] = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({f"shop{n}": ask_unknown(f"shop{n}")}))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {f"shop{n}": ("workspace.unknown", f"shop{n}") for n in range(8)}
    assert client.stage_of(Question("shop0", PREDICT, [])) == Stage()
    client.warm("nobody", "intent")
    first = models.process()
    assert ask_unknown()[0] == "workspace.unknown"
    assert models.process() is first

    (running,) = list_running()
    assert running.memory.bundles == []
    assert running.memory.taken > 0

    # A question during which it is killed is asked of the next one, which its parent forks.
    os.kill(running.pid, signal.SIGSTOP)
    asking = threading.Thread(target=lambda: found.update(again=ask_unknown("again")))
    asking.start()
    os.kill(running.pid, signal.SIGKILL)
    asking.join()
    assert found["again"] == ("workspace.unknown", "again")
    assert models.process() is first
    (forked,) = list_running()
    assert forked.pid != running.pid

    # Where the parent is killed, both are started anew.
    os.kill(first._process.pid, signal.SIGKILL)
    first._process.wait()
    assert ask_unknown()[0] == "workspace.unknown"
    (second,) = list_running()
    assert second.pid != forked.pid
    until(lambda: not psutil.pid_exists(forked.pid))

    # One that hangs is given up; one that is killed while it starts costs no question.
    with monkeypatch.context() as patch:
        patch.setattr(client, "SILENT_SECONDS", 0.5)
        client.stop()
        endless = tmp_path / "endless"
        endless.write_text("#!/bin/sh\nexec sleep 10000\n")
        endless.chmod(0o700)
        with monkeypatch.context() as start:
            start.setattr(processes.sys, "executable", str(endless))
            starting = models.process()
        asking = threading.Thread(target=lambda: found.update(start=ask_unknown("start")))
        asking.start()
        os.kill(starting._process.pid, signal.SIGKILL)
        asking.join()
        assert found["start"] == ("workspace.unknown", "start")
        hanging = models.process()
        os.kill(list_running()[0].pid, signal.SIGSTOP)
        with pytest.raises(ShoplabError) as caught:
            client.ask(Question("nobody", PREDICT, []), LONG)
        assert caught.value.code == "inference.hung"
        assert hanging.status == -signal.SIGKILL

    # When its parent ends, however that happens, it ends too.
    last = models.process()
    until(lambda: last.listens)
    assert last._process.stdin is not None
    last._process.stdin.close()
    assert last._process.wait(LONG) == 0
    assert not any("engine.serving.server" in one for one in _commands())
    assert list_running() == []


def _commands() -> list[str]:
    children = psutil.Process().children()
    return [" ".join(child.cmdline()) for child in children if child.is_running()]


def test_one_that_cannot_start_is_said(models: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.sys, "executable", "/bin/false")
    with pytest.raises(ShoplabError) as caught:
        client.ask(Question("nobody", PREDICT, []), LONG)
    assert caught.value.code == "inference.died"
    assert caught.value.params["status"] == 1


def test_the_log_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "inference.log"
    log.write_text("x" * 100)
    monkeypatch.setattr(processes, "LOG_BYTES", 50)
    monkeypatch.setattr(processes.sys, "executable", "/bin/true")
    processes.ModelProcess(log).stop()
    assert log.stat().st_size < 100
    assert log.with_suffix(".1.log").stat().st_size == 100
