"""Trainings, what they show, and how they were compared."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from engine.course.checks.base import Check, Count, TaskName

_BOUNDS = ("at_least", "at_most")


def _a_setting(value: object) -> object:
    """A value, or bounds of one: `{at_least: 30}`."""
    bounds = value.values() if isinstance(value, dict) and value.keys() <= set(_BOUNDS) else ()
    if isinstance(value, str | int | float) or (
        bounds and all(isinstance(bound, int | float) for bound in bounds)
    ):
        return value
    raise ValueError(", ".join(_BOUNDS))


Setting = Annotated[object, BeforeValidator(_a_setting)]


class Trained(Check):
    """Trainings of a task have finished, with these settings: a value, or bounds of one."""

    task: TaskName
    at_least: Count = 1
    settings: dict[str, Setting] = Field(default_factory=dict)


class OverFitted(Check):
    """A training of a task got worse on what it had not seen while it went on learning."""

    task: TaskName


class Compared(Check):
    """The page Compare was opened on two runs of a task, or on one and what needs no training.

    Both must have answered the same held-out rows.
    """

    task: TaskName
    what: Literal["runs", "baseline"] = "runs"


class CalledShot(Check):
    """So many people said what gain they expect of a task's training before its result opened."""

    task: TaskName
    people: Count = 1
