"""A training that is watched: how long it takes to a quality, without the time of looking."""

import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from engine.benchmarks.cost import Cost


class Clock:
    """Wall and processor seconds since it was made, but for what `paused` did."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def read(self) -> Cost:
        """The cost so far."""
        return Cost(time.perf_counter() - self._wall, time.process_time() - self._processor)

    def paused(self, work: Callable[[], float]) -> float:
        """What `work` gives; its time doesn't count."""
        wall, processor = time.perf_counter(), time.process_time()
        result = work()
        self._wall += time.perf_counter() - wall
        self._processor += time.process_time() - processor
        return result


class Race(TrainerCallback):  # type: ignore[misc]
    """Ends a training once `measure` gives `goal`, or after `most_seconds` of wall time.

    `reached` is what it had cost then, `best` the best quality that was seen. Choosing the end by
    the very data that is measured on is in the peer's favour.
    """

    def __init__(
        self,
        clock: Clock,
        measure: Callable[[], float],
        goal: float,
        every: int,
        most_seconds: float,
    ) -> None:
        self.reached: Cost | None = None
        self.best = 0.0
        self._clock, self._measure = clock, measure
        self._goal, self._every, self._most_seconds = goal, every, most_seconds

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Look at the quality after every so many steps."""
        if state.global_step % self._every == 0:
            self.look()
        late = self._clock.read().wall > self._most_seconds
        control.should_training_stop = self.reached is not None or late
        return control

    def look(self) -> None:
        """Measure once, and note the cost where the goal is reached for the first time."""
        quality = self._clock.paused(self._measure)
        self.best = max(self.best, quality)
        if self.reached is None and quality >= self._goal:
            self.reached = self._clock.read()
