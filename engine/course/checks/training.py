"""Trainings, what they show, and how they were compared."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.course.checks.base import Check, Count, TaskName


class Bounds(BaseModel):
    """The lowest and highest value of a setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: float | None = None
    at_most: float | None = None


Setting = Annotated[str | int | float | bool | Bounds, Field(union_mode="left_to_right")]


class Trained(Check):
    """Trainings of a task have finished, with these settings: a value, or bounds of one."""

    task: TaskName
    at_least: Count = 1
    settings: dict[str, Setting] = {}


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
