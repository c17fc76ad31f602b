"""The verdict on a training: better, unclear or worse than what needs no training."""

from dataclasses import dataclass
from typing import Literal

from engine.evaluation.compare import Interval
from engine.storage.runs import Run
from engine.tasks import ENTRIES


@dataclass(frozen=True)
class Outcome:
    """The recommended system of a run against its baselines on the primary metric.

    It is `better` if it clearly beats every baseline, `worse` if a baseline clearly beats it;
    `baseline` is the deciding one, the hardest to beat. The verdict is `baseline` where the app
    recommends a baseline itself, so nothing was gained.
    """

    verdict: Literal["better", "unclear", "worse", "baseline"]
    baseline: str
    interval: Interval


@dataclass(frozen=True)
class Tuning:
    """What tuning alone is worth: the recommended system minus `twin`, the same without it.

    The interval has the luck of the held-out examples; `seed_spread` is that of the training.
    """

    twin: str
    interval: Interval
    seed_spread: float

    @property
    def may_be_the_seed(self) -> bool:
        """Whether it is clearly above 0, and yet not above what another seed alone changes."""
        return self.interval.verdict == "better" and self.interval.delta <= self.seed_spread


def outcome(run: Run) -> Outcome:
    """How the recommended system of `run` did against its baselines."""
    if run.recommended in run.baselines:
        return Outcome("baseline", run.recommended, Interval(0.0, 0.0, 0.0))
    rivals = [name for name in run.baselines if name not in ENTRIES[run.task].unfair_baselines]
    against = {name: Interval(**run.paired["against"][name]) for name in rivals}
    hardest = min(against, key=lambda name: (against[name].verdict != "worse", against[name].low))
    interval = against[hardest]
    return Outcome(interval.verdict, hardest, interval)


def tuning(run: Run) -> Tuning | None:
    """What tuning adds to the recommended system of `run`; None where that was not measured."""
    entry = ENTRIES[run.task]
    twin = entry.untuned_twins.get(run.recommended)
    if twin is None or twin not in run.paired.get("against", {}):
        return None
    return Tuning(twin, Interval(**run.paired["against"][twin]), entry.seed_spread)
