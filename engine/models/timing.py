"""How fast something runs on this machine."""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch

from engine.settings import cpu_threads
from engine.storage.files import read_text, write_json

# No run begins after so many seconds: on a slow machine an estimate would delay what it announces.
ENOUGH_SECONDS = 2.0


def this_machine() -> dict[str, str | int]:
    """What a measured speed holds for: another processor, library or number of cores has another.

    Equal after a way through JSON.
    """
    name = str(torch.cpu.get_capabilities().get("cpu_name", platform.machine()))
    return {"processor": name, "torch": str(torch.__version__), "threads": cpu_threads()}


def fastest_seconds(
    work: Callable[[], object], runs: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The seconds of the fastest of at most `runs` runs: what else the machine does only adds.

    They are those of `clock`.
    """
    times: list[float] = []
    while len(times) < runs and sum(times) < ENOUGH_SECONDS:
        start = clock()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        times.append(clock() - start)
    return min(times)


def recall_measured(file: Path, name: str, measure: Callable[[], float]) -> float:
    """The figure `name` that `file` has of this machine; else it is measured and written there.

    Figures are above 0.
    """
    known = read_measured(file, name)
    if known is not None and known > 0:
        return known
    value = measure()
    write_measured(file, name, value)
    return value


def read_measured(file: Path, name: str) -> float | None:
    """The figure `name` that `file` has of this machine; None where there is none."""
    try:
        stored = json.loads(read_text(file) or "{}")
        return float(stored[name]) if stored["machine"] == this_machine() else None
    except (ValueError, KeyError, TypeError):
        return None


def write_measured(file: Path, name: str, value: float) -> None:
    """Write to `file` what was measured on this machine."""
    write_json(file, {"machine": this_machine(), name: value})
