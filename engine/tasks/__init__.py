"""The tasks, by name: every package in this folder that has an `ENTRY`."""

import pkgutil
from collections.abc import Mapping
from importlib import import_module

from engine.errors import InputError
from engine.tasks.base import Task
from engine.tasks.entry import TaskEntry


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
    """The task called `name`; its module is imported on first use. InputError if there is none."""
    if name not in ENTRIES:
        raise InputError("tasks.unknown", task=name, known=", ".join(TASKS))
    task: Task = import_module(f"{__name__}.{name}.task").TASK
    return task
