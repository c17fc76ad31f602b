"""How pages get answers from the models without importing torch: they ask one child process."""

import atexit
import contextlib
import functools
import itertools
import json
import math
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from engine import settings
from engine.codec import Call, decode
from engine.errors import InputError, Problem, ShoplabError
from engine.serving.question import Question

Body = TypeVar("Body")
Answer = TypeVar("Answer")
OnText = Callable[[str], None]
State = Literal["off", "starting", "ready", "busy"]

LOG_BYTES = 1_000_000


@dataclass(frozen=True)
class Status:
    """What the model process does: `stage` names its work, `done` of `total` how far it is."""

    state: State
    stage: str = ""
    done: int = 0
    total: int = 0


def ask(
    question: Question[Body, Answer], timeout: float = 60, on_text: OnText | None = None
) -> Answer:
    """The answer to `question`.

    While a text is written, `on_text` gets what there is so far, from another thread. May be called
    from any thread. Raises what the service raises (InputError, ShoplabError), and ShoplabError
    `inference.busy` when the model is still being prepared after `timeout` seconds,
    `inference.died` or `inference.hung` when the process had to be given up: the next question has
    a fresh one.
    """
    return _client(settings.home()).ask(question, timeout, on_text)


def warm(workspace: str, task: str) -> None:
    """Have the untuned model of `task` made ready. Returns at once."""
    _client(settings.home()).warm(workspace, task)


def start() -> None:
    """Start the model process, so that the first question finds it ready. Returns at once."""
    _client(settings.home()).start()


def status() -> Status:
    """What the model process does now; it is not started by asking."""
    return _client(settings.home()).status()


def stop() -> None:
    """End the model process and free its memory; the next question starts it again."""
    _client(settings.home()).stop()


class Worker:
    """One model process, with a thread that writes to it and one that reads from it."""

    def __init__(self, log: Path) -> None:
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.serving.worker", str(log)],
                env=settings.child_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        self.ids = itertools.count()
        self.outbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.pending: dict[int, tuple[Future[Any], OnText | None]] = {}
        self.sign = time.monotonic()
        self.about = Status("starting")
        self.ended = False
        for target in (self._write, self._read):
            threading.Thread(target=target, daemon=True).start()

    def send(self, request: dict[str, object], on_text: OnText | None = None) -> Future[Any]:
        """Queue a request; the future holds its answer or error. `on_text` gets partial texts."""
        number = next(self.ids)
        future: Future[Any] = Future()
        with self.lock:
            if self.ended:
                future.set_exception(self._death())
                return future
            if not self.pending:
                self.sign = time.monotonic()
            self.pending[number] = (future, on_text)
        self.outbox.put(json.dumps(request | {"id": number}, ensure_ascii=False))
        return future

    def silence(self) -> float:
        """Seconds since the process gave a sign of life, or since it had something to do."""
        return time.monotonic() - self.sign

    def stop(self) -> None:
        """End the process; whoever waits for it gets `inference.died`."""
        self.outbox.put(None)
        self.process.kill()
        self.process.wait()

    def _write(self) -> None:
        stdin = self.process.stdin
        assert stdin is not None  # noqa: S101 - it was asked for
        # The reading side notices that the process is gone, and tells everybody who waits.
        with contextlib.suppress(OSError):
            while (line := self.outbox.get()) is not None:
                stdin.write(line + "\n")
                stdin.flush()
        with contextlib.suppress(OSError):
            stdin.close()

    def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None  # noqa: S101 - it was asked for
        with stdout:
            for line in stdout:
                self._receive(json.loads(line))
        self.process.wait()
        with self.lock:
            self.ended = True
            waiting, self.pending = list(self.pending.values()), {}
        for future, _ in waiting:
            future.set_exception(self._death())
        self.outbox.put(None)

    def _receive(self, message: dict[str, Any]) -> None:
        with self.lock:
            self.sign = time.monotonic()
            if "stage" in message:
                self.about = Status("busy", message["stage"], message["done"], message["total"])
                return
            if "text" in message:
                _, on_text = self.pending[message["id"]]
                if on_text is not None:
                    on_text(message["text"])
                return
            future, _ = self.pending.pop(message["id"])
            self.about = Status("busy" if self.pending else "ready")
        if "error" in message:
            future.set_exception(_as_error(message["error"]))
        else:
            future.set_result(message["value"])

    def _death(self) -> ShoplabError:
        return ShoplabError("inference.died", status=self.process.returncode, log=str(self.log))


class Client:
    """The model process of one state folder: started on first use, again when it is gone."""

    def __init__(self, home: Path) -> None:
        self.log = home / "logs" / "inference.log"
        self.lock = threading.Lock()
        self.worker: Worker | None = None
        atexit.register(self.stop)

    def ask(
        self, question: Question[Body, Answer], timeout: float, on_text: OnText | None
    ) -> Answer:
        """See the module's `ask`."""
        worker = self._worker()
        future = worker.send(question.as_json(), on_text)
        try:
            return decode(question.call.answer, future.result(timeout))
        except TimeoutError:
            if worker.silence() < timeout:
                about = worker.about
                raise ShoplabError(
                    "inference.busy", stage=about.stage, done=about.done, total=about.total
                ) from None
            worker.stop()
            raise ShoplabError(
                "inference.hung", seconds=math.ceil(timeout), log=str(self.log)
            ) from None

    def warm(self, workspace: str, task: str) -> None:
        """See the module's `warm`."""
        warming = Call("tasks", "warm", type(None), type(None), task)
        self._worker().send(Question(workspace, warming, None).as_json())

    def start(self) -> None:
        """See the module's `start`."""
        self._worker()

    def status(self) -> Status:
        """See the module's `status`."""
        worker = self.worker
        return Status("off") if worker is None or worker.ended else worker.about

    def stop(self) -> None:
        """See the module's `stop`."""
        with self.lock:
            if self.worker is not None:
                self.worker.stop()
                self.worker = None

    def _worker(self) -> Worker:
        with self.lock:
            if self.worker is None or self.worker.process.poll() is not None:
                self.worker = Worker(self.log)
            self._bound_log()
            return self.worker

    def _bound_log(self) -> None:
        """Keep the log and one before it. The process appends, so its file may be emptied."""
        if self.log.is_file() and self.log.stat().st_size > LOG_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".1.log"))
            os.truncate(self.log, 0)


@functools.cache
def _client(home: Path) -> Client:
    return Client(home)


def _as_error(about: dict[str, Any]) -> ShoplabError:
    kind = InputError if about["input"] else ShoplabError
    details = [Problem(**problem) for problem in about["details"]]
    return kind(about["code"], details, **about["params"])
