"""An exercise of the course, as it stands in its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Shot:
    """A forecast that each person makes before the result of a training of `task` opens.

    `ask` puts the question; the forecast is of the gain in the task's primary metric.
    """

    task: str
    ask: str


@dataclass(frozen=True)
class Step:
    """Something to do: `text` says what, the link opens `page` with `parameters`."""

    text: str
    page: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class CheckSpec:
    """What a team must have done.

    `check` names an entry of `engine.course.checks.CHECKS`, `needs` its parameters. `task` says in
    words what to do, `misconception` what the team probably believes if it has not been done.
    """

    check: str
    needs: Mapping[str, object]
    task: str
    hint: str
    solution: str
    misconception: str


@dataclass(frozen=True)
class Exercise:
    """One exercise in one language; longer texts are Markdown.

    `picture` is Graphviz DOT and `caption` its text alternative; `formula` is LaTeX and `symbols`
    says what its letters mean. `pages` are those that the exercise needs, `lines` the line of each
    key in the file.
    """

    slug: str
    number: int
    title: str
    minutes: int
    pages: tuple[str, ...]
    question: str
    idea: str
    picture: str
    caption: str
    formula: str
    symbols: str
    shot: Shot | None
    steps: tuple[Step, ...]
    checks: tuple[CheckSpec, ...]
    reflection: str
    debrief: str
    reading: str
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
