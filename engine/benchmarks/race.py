"""Time to equal quality: trainings that are looked at, without the time of looking."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Any

from transformers import TrainerCallback

from engine.benchmarks.comparison import Comparison
from engine.benchmarks.cost import Cost, figures, in_turn, middle


@dataclass(frozen=True)
class Look:
    """What a training had cost when it was this good."""

    cost: Cost
    quality: float


class Clock:
    """Wall and processor seconds since it was made, but for what was done while it was paused."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def look(self, measure: Callable[[], float]) -> Look:
        """The cost so far and what `measure` gives; its time doesn't count."""
        wall, processor = time.perf_counter(), time.process_time()
        cost = Cost(wall - self._wall, processor - self._processor)
        found = Look(cost, measure())
        self._wall += time.perf_counter() - wall
        self._processor += time.process_time() - processor
        return found


class Watched(TrainerCallback):
    """Takes a look at a training of the library's trainer at the end of every epoch."""

    def __init__(self, clock: Clock, measure: Callable[[], float]) -> None:
        self.looks: list[Look] = []
        self._clock, self._measure = clock, measure

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take the look."""
        self.looks.append(self._clock.look(self._measure))


def race(
    what: str,
    peer: str,
    metric: str,
    ours: Callable[[int], list[Look]],
    theirs: Callable[[int], list[Look]],
    rounds: int,
) -> Comparison:
    """Train both in turn, each time with the next seed; `metric` names the quality.

    Ours is looked at once, at its end. Where the peer never becomes as good, its figures are those
    of all its epochs, and there is no ratio.
    """
    seeds = {"ours": count(), "peer": count()}
    found = in_turn(
        {"ours": lambda: ours(next(seeds["ours"])), "peer": lambda: theirs(next(seeds["peer"]))},
        rounds,
    )
    (end,) = _medians(found["ours"])
    epochs = _medians(found["peer"])
    reached = next((epoch for epoch in epochs if epoch.quality >= end.quality), None)
    course = ", ".join(f"{epoch.quality:.3f}" for epoch in epochs)
    check = f"{metric} {end.quality:.3f}; the peer after each epoch {course}"
    return Comparison(
        what, peer, figures(end.cost, (reached or epochs[-1]).cost), check, reached is not None
    )


def _medians(runs: Sequence[Sequence[Look]]) -> list[Look]:
    """The median cost and quality of each look."""
    return [
        Look(middle([one.cost for one in looks]), median(one.quality for one in looks))
        for looks in zip(*runs, strict=True)
    ]
