"""What was asked of the models."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator

from engine.course.checks.base import CheckSinceOpened, Count, Finding, counted
from engine.course.work import Work
from engine.storage.runs import UNTUNED
from engine.tasks import TASKS, get_calls

ASKED = "asked"
# Calls of services that are no task's.
OTHERS = ("pictures.search", "assistant.reply")


def _a_call(name: str) -> str:
    known = (*(f"{call.task}.{call.verb}" for task in TASKS for call in get_calls(task)), *OTHERS)
    if name not in known:
        raise ValueError(", ".join(known))
    return name


CallName = Annotated[str, AfterValidator(_a_call)]


class Asked(CheckSinceOpened):
    """At least so many different inputs were put to a call, with `contains` in them if given."""

    call: CallName
    at_least: Count = 1
    run: Literal["any", "untuned", "tuned"] = "any"
    contains: str = ""

    def look(self, work: Work) -> Finding:
        """Count the different inputs."""
        inputs = set(self._inputs(work))
        wanted = {one for one in inputs if self.contains.casefold() in one}
        if inputs and self.contains and not wanted:
            return Finding(False, "course.checks.asked.other", {"contains": self.contains}, True)
        if not inputs and self.run == "tuned" and any(work.acts(ASKED)):
            return Finding(False, "course.checks.asked.untuned", {}, True)
        return counted("asked", len(wanted), self.at_least)

    def _inputs(self, work: Work) -> Iterator[str]:
        begin = self.begin(work)
        for act in work.acts(ASKED):
            if act.time < begin:
                continue
            tuned = act.details.get("run") != UNTUNED
            if act.details.get("call") == self.call and self.run in (
                "any",
                "tuned" if tuned else "untuned",
            ):
                inputs = act.details.get("inputs")
                for one in inputs if isinstance(inputs, list) else ():
                    yield str(one).casefold()
