"""How far a team is in the course: what it opened, and what each check says."""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from cachetools import LRUCache

from engine.course import activity
from engine.course.checks import CHECKS
from engine.course.checks.base import Finding
from engine.course.exercise import CheckSpec, Exercise
from engine.course.work import Stamps, Work, stamps
from engine.messages import say
from engine.storage.workspace import Workspace

OPENED = "opened"
# Results of as many workspaces and exercises are kept in memory.
MOST_KEPT = 1_000


@dataclass(frozen=True)
class Message:
    """A text of the engine, as its code and values."""

    code: str
    values: Mapping[str, object]

    def say(self, language: str) -> str:
        """The text in `language`; names of tasks are said in it, too."""
        values = {
            name: say(f"{value}.name", language) if name.startswith("task") else value
            for name, value in self.values.items()
        }
        return say(self.code, language, **values)


@dataclass(frozen=True)
class CheckResult:
    """What a check says now; `misconception` is the likely one of a team that tried and failed."""

    check: str
    passed: bool
    message: Message
    misconception: str


@dataclass(frozen=True)
class ExerciseProgress:
    """A team's state in one exercise; `opened` is when it was first opened (epoch seconds)."""

    slug: str
    opened: float | None
    results: tuple[CheckResult, ...]
    done: bool


class Progress:
    """The progress of one workspace at the moment of its first question."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def open(self, slug: str, person: str) -> None:
        """Note that somebody of the team opened an exercise."""
        activity.note(self.workspace, OPENED, person, slug=slug)

    def opened(self) -> dict[str, float]:
        """When each exercise was first opened."""
        first: dict[str, float] = {}
        for act in activity.read_acts(self.workspace):
            if act.act == OPENED:
                first.setdefault(str(act.details.get("slug")), act.time)
        return first

    def current(self) -> tuple[str, float] | None:
        """The exercise that was opened last, and since when the team is at it."""
        current = None
        for act in activity.read_acts(self.workspace):
            slug = str(act.details.get("slug"))
            if act.act == OPENED and (current is None or current[0] != slug):
                current = (slug, act.time)
        return current

    def of(self, exercise: Exercise) -> ExerciseProgress:
        """The team's state in `exercise`; its checks look again only after something changed."""
        key = (str(self.workspace.folder), exercise.slug, hash(repr(exercise.checks)))
        now = self._stamps
        with _lock:
            kept = _results.get(key)
        if kept is None or kept[0] != now:
            # What one exercise has read, the others of this moment need not read again.
            self._work.opened = self._opened.get(exercise.slug, math.inf)
            kept = (now, tuple(_look(spec, self._work) for spec in exercise.checks))
            with _lock:
                _results[key] = kept
        results = kept[1]
        done = all(result.passed for result in results)
        return ExerciseProgress(exercise.slug, self._opened.get(exercise.slug), results, done)

    @cached_property
    def _stamps(self) -> Stamps:
        return stamps(self.workspace)

    @cached_property
    def _work(self) -> Work:
        return Work(self.workspace)

    @cached_property
    def _opened(self) -> Mapping[str, float]:
        return self.opened()


_lock = threading.Lock()
Key = tuple[str, str, int]
_results: LRUCache[Key, tuple[Stamps, tuple[CheckResult, ...]]] = LRUCache(MOST_KEPT)


def _look(spec: CheckSpec, work: Work) -> CheckResult:
    finding: Finding = CHECKS[spec.check].model_validate(spec.needs).look(work)
    wrong = finding.tried and not finding.passed
    message = Message(finding.code, finding.values)
    return CheckResult(spec.check, finding.passed, message, spec.misconception if wrong else "")
