"""The tasks, by name. A new task is one module here and one page."""

from importlib import import_module

from engine.errors import InputError
from engine.tasks.base import Task

TASKS = ("intent", "search", "attributes", "sentiment", "describe", "cross_sell", "interest")


def get_task(name: str) -> Task:
    """The task called `name`; its module is imported on first use. InputError if there is none."""
    if name not in TASKS:
        raise InputError("tasks.unknown", task=name, known=", ".join(TASKS))
    return import_module(f"engine.tasks.{name}.task").TASK
