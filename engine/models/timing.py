"""How fast something runs on this machine."""

import time
from collections.abc import Callable

import torch


def fastest_seconds(work: Callable[[], object], runs: int) -> float:
    """The seconds of the fastest of `runs` runs: what else the machine does only ever adds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times)
