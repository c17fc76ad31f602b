"""What every check is: parameters from an exercise's file, and a look at what a team did."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from engine.course.work import Work
from engine.tasks import TASKS

Count = Annotated[int, Field(ge=1, le=1000, strict=True)]


def _a_task(name: str) -> str:
    if name not in TASKS:
        raise ValueError(", ".join(TASKS))
    return name


TaskName = Annotated[str, AfterValidator(_a_task)]


@dataclass(frozen=True)
class Finding:
    """What a check found: whether it passed, and what it counted or missed as a text's code.

    `tried` says that the team did something of the kind, so a failure is a mistake and not just
    work to come. Values whose names start with `task` are names of tasks.
    """

    passed: bool
    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    tried: bool = False


class Check(BaseModel):
    """The parameters of one check, and how it looks at a team's work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @abstractmethod
    def look(self, work: Work) -> Finding:
        """What the team did of what is asked for."""


class CheckSinceOpened(Check):
    """A check of what other exercises ask for too: with `since_opened`, their work counts not."""

    since_opened: bool = False

    def begin(self, work: Work) -> float:
        """From when on the team's work counts, in epoch seconds."""
        return work.opened if self.since_opened else 0.0


def counted(name: str, n: int, least: int, **values: object) -> Finding:
    """The finding of a check that counts: `course.checks.<name>.done` or `.missing`."""
    state = "done" if n >= least else "missing"
    counts = {"n": n, "least": least, **values}
    return Finding(n >= least, f"course.checks.{name}.{state}", counts, n > 0)
