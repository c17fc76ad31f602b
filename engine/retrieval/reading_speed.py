"""How many products the encoder can read while somebody waits, on this machine."""

import time
from collections.abc import Callable
from pathlib import Path

from engine.models.encoder import Encoder
from engine.models.timing import fastest_seconds, recall_measured, write_measured

# So long a question waits for the encoder to read products. With what else it waits for, that
# leaves room for the slowest of twenty to be answered within 150 ms.
SECONDS = 0.08
# More products of a question are not read: a batch.
EXACT = 32
RUNS = 5
_FILE, _NAME = "reading.json", "seconds_per_text"


def count_readable(seconds_per_text: float) -> int:
    """How many products the encoder may read for a question, from 1 to `EXACT`."""
    return max(1, min(EXACT, int(SECONDS / seconds_per_text)))


def measure_reading(encoder: Encoder, texts: list[str]) -> float:
    """The seconds that `encoder` takes to read one of `texts`, which are to be a batch.

    Of this thread's processor time, which other work on the machine hardly adds to.
    """
    return fastest_seconds(lambda: encoder.encode(texts), RUNS, time.thread_time) / len(texts)


def recall_reading(folder: Path, measure: Callable[[], float]) -> float:
    """What was measured on this machine and is written in `folder`; else measured and written.

    So that all processes, those that evaluate and those that answer, read as many.
    """
    return recall_measured(folder / _FILE, _NAME, measure)


def write_reading(folder: Path, seconds_per_text: float) -> None:
    """Write to `folder` what was measured on this machine."""
    write_measured(folder / _FILE, _NAME, seconds_per_text)
