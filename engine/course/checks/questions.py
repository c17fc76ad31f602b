"""What was asked of the models."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from engine.course.checks.base import Check, Count
from engine.tasks import TASKS, get_calls


def _a_call(name: str) -> str:
    known = (*(f"{call.task}.{call.verb}" for task in TASKS for call in get_calls(task)), *OTHERS)
    if name not in known:
        raise ValueError(", ".join(known))
    return name


# Calls of services that are no task's.
OTHERS = ("pictures.search", "assistant.reply")
CallName = Annotated[str, AfterValidator(_a_call)]


class Asked(Check):
    """At least so many different inputs were put to a call, with `contains` in them if given."""

    call: CallName
    at_least: Count = 1
    run: Literal["any", "untuned", "tuned"] = "any"
    contains: str = ""
