"""The tasks, by name: every package in this folder that has an `ENTRY`."""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from engine.codec import Call
from engine.errors import InputError
from engine.tasks.base import Task
from engine.tasks.entry import TaskEntry
from engine.tasks.tiny import TinyTask


def _entries() -> dict[str, TaskEntry]:
    packages = [one.name for one in pkgutil.iter_modules(__path__) if one.ispkg]
    modules = {name: import_module(f"{__name__}.{name}") for name in packages}
    entries = {name: one.ENTRY for name, one in modules.items() if hasattr(one, "ENTRY")}
    return dict(sorted(entries.items(), key=lambda item: (item[1].order, item[0])))


ENTRIES: Mapping[str, TaskEntry] = _entries()
TASKS = tuple(ENTRIES)
# Those whose untuned models are made ready with a shop, in that order.
WARMED = tuple(
    sorted((name for name in TASKS if ENTRIES[name].warm), key=lambda name: ENTRIES[name].warm)
)


def get_task(name: str) -> Task:
    """The task called `name`; its module is imported on first use.

    Raises InputError if there is none.
    """
    task: Task = _module(name, "task").TASK
    return task


def get_calls(name: str) -> Sequence[Call[Any, Any]]:
    """What a model of the task `name` can be asked. Raises InputError if there is no such task."""
    calls: Sequence[Call[Any, Any]] = _module(name, "answers").CALLS
    return calls


def find_call(name: str, verb: str) -> Call[Any, Any]:
    """What a model of the task `name` calls `verb`. Raises InputError if there is no such thing."""
    for call in get_calls(name):
        if call.verb == verb:
            return call
    raise InputError("tasks.unknown_verb", task=name, verb=verb)


def get_tiny(name: str) -> TinyTask:
    """The task `name` in small, as the contract suite tries it. InputError if there is none."""
    tiny: TinyTask = _module(name, "tiny").TINY
    return tiny


def _module(name: str, module: str) -> Any:
    if name not in ENTRIES:
        raise InputError("tasks.unknown", task=name, known=", ".join(TASKS))
    return import_module(f"{__name__}.{name}.{module}")
