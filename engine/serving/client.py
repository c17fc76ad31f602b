"""How pages get answers from the models without importing torch: they ask one other process."""

import atexit
import contextlib
import functools
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from engine import settings
from engine.codec import decode
from engine.errors import ShoplabError
from engine.serving.process import ModelProcess
from engine.serving.question import Question
from engine.serving.watch import Stage
from engine.serving.wire import read_error

Body = TypeVar("Body")
Answer = TypeVar("Answer")
OnText = Callable[[str], None]

# The process says every second that it is alive; a machine that swaps may keep it for a while.
SILENT_SECONDS = 30.0
# Importing the model libraries takes a few seconds, on a busy laptop many.
START_SECONDS = 120.0
# Seconds before a question that was cut off is asked again: while its memory is given back, a
# process that was killed still takes connections.
PAUSES = (0.2, 2.0)
# How often a model that is still being prepared is asked again.
PATIENCE = 20
_POLL_SECONDS = 0.2

# How long the last answer in this thread took, as the process measured it.
_answering: ContextVar[float] = ContextVar("answering", default=0.0)


def ask(
    question: Question[Body, Answer], timeout: float = 60, on_text: OnText | None = None
) -> Answer:
    """The answer to `question`.

    While a text is written, `on_text` gets what there is so far. May be called from any thread. A
    question during which the process dies is asked again, of the next one. Raises what the
    service raises (InputError, ShoplabError), `inference.busy` when the model is still being
    prepared after `timeout` seconds, `inference.too_slow` when the answer itself takes longer, and
    `inference.died` or `inference.hung` when the process had to be given up: the next question has
    a fresh one.
    """
    return _client(settings.home()).ask(question, timeout, on_text)


def ask_patiently(question: Question[Body, Answer], timeout: float = 60) -> tuple[Answer, float]:
    """The answer to `question`, and how many seconds it took once the model was ready.

    While the model is still being prepared after `timeout` seconds, it is asked again, up to
    `PATIENCE` times. Raises what `ask` raises.
    """
    for last in (*[False] * PATIENCE, True):
        _answering.set(0.0)
        try:
            return ask(question, timeout), _answering.get()
        except ShoplabError as error:
            if error.code != "inference.busy" or last:
                raise
    raise AssertionError  # the last try returns or raises


def warm(workspace: str, task: str) -> None:
    """Have the untuned model of `task` made ready. Returns at once."""
    _client(settings.home()).warm(workspace, task)


def start() -> None:
    """Start the model process, so that the first question finds it ready. Returns at once."""
    _client(settings.home()).process()


def stage_of(question: Question[Any, Any]) -> Stage:
    """What is being done for a question that this process has asked."""
    return _client(settings.home()).stages.get(question.key, Stage())


def stop() -> None:
    """End the model process and free its memory; the next question starts it again."""
    _client(settings.home()).stop()


class Client:
    """The model process of one state folder: started on first use, again when it is gone."""

    def __init__(self, home: Path) -> None:
        self.log = home / "logs" / "inference.log"
        self.stages: dict[str, Stage] = {}
        self._lock = threading.Lock()
        self._process: ModelProcess | None = None
        self._http: httpx2.Client | None = None
        atexit.register(self.stop)

    def ask(
        self, question: Question[Body, Answer], timeout: float, on_text: OnText | None
    ) -> Answer:
        """See the module's `ask`."""
        try:
            for pause in (*PAUSES, None):
                process = self.process()
                try:
                    http = self._open(process)
                    return decode(question.call.answer, self._ask(http, question, timeout, on_text))
                except httpx2.ReadTimeout as error:
                    self._give_up(process)
                    raise ShoplabError(
                        "inference.hung", seconds=math.ceil(SILENT_SECONDS), log=str(self.log)
                    ) from error
                except (httpx2.TransportError, OSError) as error:
                    # Where it was killed, the next one is being forked.
                    if pause is None:
                        raise ShoplabError(
                            "inference.died", status=process.status or "killed", log=str(self.log)
                        ) from error
                    time.sleep(pause)
        finally:
            self.stages.pop(question.key, None)
        raise AssertionError  # the last try returns or raises

    def warm(self, workspace: str, task: str) -> None:
        """See the module's `warm`."""

        def send() -> None:
            with contextlib.suppress(httpx2.HTTPError, ShoplabError, OSError):
                http = self._open(self.process())
                http.post("/warm", json={"workspace": workspace, "task": task})

        threading.Thread(target=send, daemon=True).start()

    def process(self) -> ModelProcess:
        """The process; a new one if there is none that runs."""
        with self._lock:
            if self._process is None or self._process.status is not None:
                self._end()
                self._process = ModelProcess(self.log)
                self._http = httpx2.Client(
                    transport=httpx2.HTTPTransport(
                        uds=self._process.socket,
                        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=32),
                    ),
                    base_url="http://models",
                    timeout=httpx2.Timeout(SILENT_SECONDS),
                )
            return self._process

    def stop(self) -> None:
        """See the module's `stop`."""
        with self._lock:
            self._end()

    def _open(self, process: ModelProcess) -> httpx2.Client:
        """The way to ask the process, once it is ready. Raises ConnectionError if it has ended."""
        began = time.monotonic()
        while not process.listens:
            if process.status is not None:
                raise ConnectionError("it ended while it started")
            if time.monotonic() - began > START_SECONDS:
                raise ShoplabError(
                    "inference.died", status=self._give_up(process), log=str(self.log)
                )
            time.sleep(_POLL_SECONDS)
        with self._lock:
            http = self._http
            if process is not self._process or http is None:
                raise ConnectionError("it was stopped meanwhile")
        return http

    def _ask(
        self,
        http: httpx2.Client,
        question: Question[Any, Any],
        timeout: float,
        on_text: OnText | None,
    ) -> Any:
        with http.stream(
            "POST", "/ask", params={"seconds": timeout}, json=question.as_json()
        ) as response:
            if response.status_code == httpx2.codes.UNPROCESSABLE_CONTENT:
                raise read_error(json.loads(response.read()))
            for message in _messages(response):
                if "value" in message:
                    _answering.set(message["seconds"])
                    return message["value"]
                if "error" in message:
                    raise read_error(message["error"])
                if "text" in message and on_text is not None:
                    on_text(message["text"])
                if "stage" in message:
                    stage = Stage(message["stage"], message["done"], message["total"])
                    self.stages[question.key] = stage
        raise httpx2.RemoteProtocolError("the answer was cut off")

    def _give_up(self, process: ModelProcess) -> int | None:
        """End a process that died or hangs, if nobody else has; what it ended with."""
        with self._lock:
            if process is self._process:
                self._end()
        return process.status

    def _end(self) -> None:
        if self._process is not None:
            self._process.stop()
        if self._http is not None:
            self._http.close()
        self._process = self._http = None


def _messages(response: httpx2.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@functools.cache
def _client(home: Path) -> Client:
    return Client(home)
