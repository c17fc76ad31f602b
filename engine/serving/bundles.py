"""The bundles that are in memory, and how others get there while these go on answering."""

import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from engine.models.gathering import Gathering, Turn
from engine.serving.memory import give_back, memory_budget, memory_taken
from engine.serving.watch import Watch
from engine.storage.runs import UNTUNED, run_folder
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.base import Bundle
from engine.training.evaluate import load_bundle

# Loads at the same time: a large catalog that is read must not hold up a small one.
LOADERS = 2


@dataclass(frozen=True)
class BundleKey:
    """What a bundle is made of.

    `shop` is the workspace and its tables for a run of its own; an untuned model only depends on
    the tables' content, so that equal shops share it. `written` is when the run was written, in ns.
    """

    shop: tuple[str, ...]
    task: str
    run: str
    written: int = 0


@dataclass(eq=False)
class Loaded:
    """A bundle in memory, which one thread at a time asks.

    `bytes` and `seconds` are what loading it took, `used` is when it was asked last. A bundle that
    a question got stuck in is `spoiled`.
    """

    key: BundleKey
    bundle: Bundle
    bytes: int
    seconds: float
    used: float = field(default_factory=time.monotonic)
    turn: Turn = field(default_factory=Turn)
    spoiled: bool = False

    def __post_init__(self) -> None:
        task = get_task(self.key.task)
        self._gathering: Gathering[Any, Any] = Gathering(
            lambda inputs: task.predict(self.bundle, inputs), self.turn
        )

    def predict(self, inputs: Sequence[Any], check: Callable[[], None]) -> Sequence[Any]:
        """An answer for each input; what several threads ask is answered in one call.

        While others ask, `check` is called now and then and may raise to give up.
        """
        return self._gathering.ask(inputs, check)

    @property
    def worth(self) -> float:
        """Seconds of loading that each byte saves, less the longer nobody asked."""
        idle = time.monotonic() - self.used
        return self.seconds / max(self.bytes, 1) / (1 + idle)


@dataclass(frozen=True)
class Load:
    """A load that is going on: what it does, and what it will give."""

    watch: Watch
    loaded: "Future[Loaded]"


class Bundles:
    """Bundles by key, together in a budget of bytes.

    Raises nothing by itself: a load that fails tells those who wait for it, and the next question
    tries again.
    """

    def __init__(self, budget: int | None = None, taken: Callable[[], int] = memory_taken) -> None:
        self.budget = memory_budget() if budget is None else budget
        self._taken = taken
        self._lock = Lock()
        self._loaded: dict[BundleKey, Loaded] = {}
        self._loads: dict[BundleKey, Load] = {}
        self._tables: WeakValueDictionary[tuple[str, ...], Tables] = WeakValueDictionary()
        self._loaders = ThreadPoolExecutor(LOADERS, thread_name_prefix="load")

    def find(self, key: BundleKey) -> Loaded | None:
        """The bundle with this key if it is in memory."""
        with self._lock:
            loaded = self._loaded.get(key)
            if loaded is not None:
                loaded.used = time.monotonic()
            return loaded

    def load(self, workspace: Workspace, key: BundleKey) -> Load:
        """Load the bundle with this key, once for all who wait for it. Returns at once."""
        with self._lock:
            load = self._loads.get(key)
            if load is None:
                watch = Watch()
                load = Load(watch, self._loaders.submit(self._load, workspace, key, watch))
                self._loads[key] = load
        return load

    def spoil(self, loaded: Loaded) -> None:
        """Give up a bundle that somebody's question is stuck in: the next one loads another."""
        with self._lock:
            loaded.spoiled = True
            self._loaded.pop(loaded.key, None)

    def in_memory(self) -> list[Loaded]:
        """All bundles in memory, the one asked last first."""
        with self._lock:
            return sorted(self._loaded.values(), key=lambda loaded: -loaded.used)

    def _load(self, workspace: Workspace, key: BundleKey, watch: Watch) -> Loaded:
        try:
            return self._load_now(workspace, key, watch)
        finally:
            with self._lock:
                del self._loads[key]

    def _load_now(self, workspace: Workspace, key: BundleKey, watch: Watch) -> Loaded:
        before, started = self._taken(), time.monotonic()
        bundle = self._open(workspace, key, watch)
        seconds, grown = time.monotonic() - started, self._taken() - before
        loaded = Loaded(key, bundle, max(grown, 1), seconds)
        with self._lock:
            # The same model for older tables of the shop is not asked any more.
            for other in [one for one in self._loaded if _replaces(key, one)]:
                del self._loaded[other]
            self._loaded[key] = loaded
        self._keep_budget(loaded)
        return loaded

    def _open(self, workspace: Workspace, key: BundleKey, watch: Watch) -> Bundle:
        task, tables = get_task(key.task), self._open_tables(workspace, key, watch)
        watch.stage("load")
        if key.run == UNTUNED:
            return task.untuned(tables, task.config("quick", tables), watch)
        return load_bundle(workspace, task, key.run, tables)

    def _open_tables(self, workspace: Workspace, key: BundleKey, watch: Watch) -> Tables:
        with self._lock:
            tables = self._tables.get(key.shop)
        if tables is None:
            watch.stage("tables")
            tables = served(workspace, workspace.tables())
            if key.run == UNTUNED:
                # Equal shops share it, and each has corrections of its own.
                tables = replace(tables, corrections=Tables().corrections)
            with self._lock:
                tables = self._tables.setdefault(key.shop, tables)
        return tables

    def _keep_budget(self, newest: Loaded) -> None:
        while self._taken() > self.budget:
            with self._lock:
                idle = [
                    one
                    for one in self._loaded.values()
                    if one is not newest and one.turn.holder is None
                ]
                if not idle:
                    return
                del self._loaded[min(idle, key=lambda one: one.worth).key]
            del idle
            give_back()


def bundle_key(workspace: Workspace, task: str, run: str) -> BundleKey:
    """The key of a run's bundle, or of the untuned one, for the tables as they are now.

    Raises InputError for a run that the workspace has not.
    """
    if run == UNTUNED:
        mark = _mark(workspace.name, workspace.key, workspace.language, workspace.generation)
        return BundleKey((mark,), task, run)
    written = (run_folder(workspace, run) / "run.json").stat().st_mtime_ns
    shop = (workspace.name, workspace.key, workspace.language, workspace.generation)
    return BundleKey(shop, task, run, written)


@functools.lru_cache(maxsize=256)
def _mark(name: str, key: str, language: str, generation: str) -> str:
    return Workspace.open(name).tables_mark()


def _replaces(key: BundleKey, other: BundleKey) -> bool:
    same = (key.task, key.run) == (other.task, other.run)
    return same and key != other and key.run != UNTUNED and key.shop[:2] == other.shop[:2]
