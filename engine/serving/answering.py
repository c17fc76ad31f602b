"""Answers to questions of many people at once, each with a time limit of its own."""

import asyncio
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from threading import get_ident
from typing import Any, cast

from engine.codec import encode
from engine.errors import ShoplabError
from engine.models.sharing import share_models
from engine.serving.bundles import Bundles, Load, Loaded, bundle_key
from engine.serving.memory import InMemory, Memory, memory_taken
from engine.serving.metrics import ModelMetrics
from engine.serving.pool import Pool, Ticket
from engine.serving.question import Question
from engine.serving.services import answer_question
from engine.serving.watch import Watch
from engine.storage.runs import UNTUNED
from engine.storage.trouble import trouble_of
from engine.storage.workspace import Workspace
from engine.tasks.base import Bundle

# How long cancelled work may take until it notices.
GRACE_SECONDS = 1.0
_POLL_SECONDS = 0.2
# What brings the libraries of all models.
LIBRARIES = (
    "engine.models.encoder",
    "engine.models.classifier",
    "engine.models.generator",
    "engine.models.cross_encoder",
)


class _NotLoaded(Exception):
    """A question needs a bundle that is still being loaded."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self.load = load


class Answering:
    """Answers questions with the bundles in memory, and loads those that are missing.

    `log` is the file that a failure points the user to.
    """

    def __init__(self, bundles: Bundles | None = None, log: str = "") -> None:
        self.bundles = bundles or Bundles()
        self.pool = Pool()
        self.log = log
        self._metrics = ModelMetrics()

    async def answer(
        self, question: Question[Any, Any], seconds: float, watch: Watch | None = None
    ) -> Any:
        """The answer in JSON's own kinds.

        Raises what the service raises (InputError, ShoplabError), `inference.busy` if a model is
        still being loaded after `seconds`, `inference.too_slow` if the answer itself takes longer,
        and `inference.failed` for what nobody foresaw.
        """
        started, outcome = time.monotonic(), "ok"
        try:
            return await self._answer(question, seconds, watch or Watch())
        except ShoplabError as error:
            outcome = error.code
            raise
        finally:
            call = question.call
            asked = f"{call.task or call.service}.{call.verb}"
            self._metrics.count(asked, outcome, time.monotonic() - started)

    async def _answer(self, question: Question[Any, Any], seconds: float, watch: Watch) -> Any:
        deadline = time.monotonic() + seconds
        load: Load | None = None
        while True:
            try:
                if load is not None:
                    await _wait_for(load, watch, deadline)
                asked, ready = _Asked(self.bundles, question, watch), time.monotonic()
                answer = await self._run(asked, deadline, seconds)
                watch.seconds = time.monotonic() - ready
                return answer
            except _NotLoaded as missing:
                load = missing.load
            except ShoplabError as error:
                if error.__cause__:
                    traceback.print_exc()
                raise
            except Exception as error:
                # Whatever a task or a library raises: others must still be answered.
                traceback.print_exc()
                failed = ShoplabError("inference.failed", log=self.log)
                raise trouble_of(error) or failed from error

    def warm(self, workspace: str, task: str, run: str = UNTUNED) -> None:
        """Have a run's model of `task` loaded, or the untuned one. Returns at once."""

        def load() -> None:
            shop = Workspace.open(workspace)
            key = bundle_key(shop, task, run)
            if self.bundles.find(key) is None:
                self.bundles.load(shop, key)

        self.pool.submit(load)

    def memory(self) -> Memory:
        """What the models take of this process's memory."""
        bundles = [
            InMemory(one.key.task, one.key.run, one.bytes, time.monotonic() - one.used)
            for one in self.bundles.in_memory()
        ]
        return Memory(self.bundles.budget, memory_taken(), bundles)

    def metrics(self) -> bytes:
        """What a Prometheus server reads."""
        return self._metrics.text(self.memory(), self.pool.waiting, self.pool.lost)

    def ready(self) -> bool:
        """Whether questions can be asked: at once, for what is missing is loaded beside."""
        return True

    async def _run(self, asked: "_Asked", deadline: float, seconds: float) -> Any:
        ticket = self.pool.submit(asked.answer, background=asked.question.background)
        result = asyncio.wrap_future(ticket.result)
        try:
            await asyncio.wait({result}, timeout=deadline - time.monotonic())
        except asyncio.CancelledError:
            # Nobody waits any more. A thread that is stuck must be noticed all the same.
            asked.watch.cancel()
            asyncio.get_running_loop().create_task(self._give_up(asked, ticket, deadline))
            raise
        if not result.done():
            asked.watch.cancel()
            await self._give_up(asked, ticket, time.monotonic() + GRACE_SECONDS)
            raise ShoplabError("inference.too_slow", seconds=round(seconds))
        return result.result()

    async def _give_up(self, asked: "_Asked", ticket: Ticket, deadline: float) -> None:
        if not ticket.begun:
            self.pool.abandon(ticket)
            return
        while not ticket.result.done() and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        if not ticket.result.done():
            self.pool.abandon(ticket)
            for loaded in self.bundles.in_memory():
                if loaded.turn.holder == asked.thread:
                    self.bundles.spoil(loaded)


class _Asked:
    """One question on its way through a thread of the pool."""

    def __init__(self, bundles: Bundles, question: Question[Any, Any], watch: Watch) -> None:
        self.bundles = bundles
        self.question = question
        self.watch = watch
        self.thread = 0

    def answer(self) -> object:
        """The answer in JSON's own kinds. Raises `_NotLoaded` for a bundle that is missing."""
        self.thread = get_ident()
        self.watch.check()
        workspace = Workspace.open(self.question.workspace)
        call = self.question.call
        if (call.service, call.verb) == ("tasks", "predict"):
            loaded = self._find(workspace, call.task, self.question.run)
            check = partial(self._check, workspace, loaded)
            return encode(loaded.predict(cast(Sequence[Any], self.question.body), check))
        with ExitStack() as stack:

            def get_bundle(task: str, run: str) -> Bundle:
                loaded = self._find(workspace, task, run)
                if loaded.turn.holder != self.thread:
                    check = partial(self._check, workspace, loaded)
                    stack.enter_context(loaded.turn.taken(check))
                return loaded.bundle

            return answer_question(workspace, self.question, get_bundle, self.watch)

    def _find(self, workspace: Workspace, task: str, run: str) -> Loaded:
        key = bundle_key(workspace, task, run)
        loaded = self.bundles.find(key)
        if loaded is None:
            raise _NotLoaded(self.bundles.load(workspace, key))
        return loaded

    def _check(self, workspace: Workspace, loaded: Loaded) -> None:
        """Stop waiting for a bundle when nobody waits for the answer, or the bundle is spoiled."""
        self.watch.check()
        if loaded.spoiled:
            raise _NotLoaded(self.bundles.load(workspace, loaded.key))


async def _wait_for(load: Load, watch: Watch, deadline: float) -> None:
    """Wait for a bundle, showing what its loading does. Raises what loading it raises."""
    loaded = asyncio.wrap_future(load.loaded)
    while not loaded.done():
        if time.monotonic() > deadline:
            stage = load.watch.current
            raise ShoplabError(
                "inference.busy", stage=stage.name, done=stage.done, total=stage.total
            )
        watch.current = load.watch.current
        await asyncio.wait({loaded}, timeout=_POLL_SECONDS)
    loaded.result()


def load_libraries() -> None:
    """Import what models need.

    transformers imports its parts when they are first named, and two threads that do so at the same
    time find each other's half done.
    """
    for module in LIBRARIES:
        import_module(module)


def open_answerer(log: str = "") -> Answering:
    """What answers questions in this process, which keeps equal models once from now on."""
    load_libraries()
    share_models()
    return Answering(log=log)
