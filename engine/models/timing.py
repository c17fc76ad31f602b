"""How fast something runs on this machine."""

import time
from collections.abc import Callable

import torch

# No run begins after so many seconds: on a slow machine an estimate would delay what it announces.
ENOUGH_SECONDS = 2.0


def fastest_seconds(work: Callable[[], object], runs: int) -> float:
    """The seconds of the fastest of at most `runs` runs: what else the machine does only adds."""
    times: list[float] = []
    while len(times) < runs and sum(times) < ENOUGH_SECONDS:
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)
