"""What the app has to know of a task before anything of it is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class TaskEntry:
    """A task's line in the registry; `ENTRY` of its package.

    `order` is its place among all tasks, `page` where a model of it answers, `icon` the Material
    symbol it goes by. `warm` is the turn in which the untuned model is made ready when a shop is
    opened, 1 first; with 0 it waits until it is asked. `unfair_baselines` know what the tuned model
    may not: they are shown and measured, and a verdict does not rest on them. `evaluated_on` says
    which file of a user's a run can be measured on: judgments, or rows with true answers (`input`).
    `untuned_twins` names, for a system with a tuned part, the same one without tuning: only against
    that does a difference come from tuning. `seed_spread` is how far that difference moved on the
    less steady sample shop when only the seed changed, largest less smallest (the task's page in
    `docs/` has the figures); 0 where it was not measured.
    """

    order: int
    page: str
    icon: str
    warm: int = 0
    unfair_baselines: Sequence[str] = ()
    evaluated_on: Literal["judgments", "input"] = "input"
    untuned_twins: Mapping[str, str] = field(default_factory=dict)
    seed_spread: float = 0.0
