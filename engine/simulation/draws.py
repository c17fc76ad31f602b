"""Random draws that all parts of the simulation use."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Ints = NDArray[np.int_]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAYS = 60
START = datetime(2025, 10, 2)
PEAK = range(38, 43)
"""The days of the great sale around the eleventh of November."""
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 7, 8, 8, 9, 10, 12, 11, 9, 9, 9, 10, 12, 15, 18, 17, 12, 6])
_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.1, 1.35, 1.4)


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """One of `options`, all equally likely."""
    return options[int(rng.random() * len(options))]


def pick_number(options: Ints, rng: np.random.Generator) -> int:
    """One number of an array of integers, all equally likely."""
    return int(options[int(rng.random() * len(options))])


def day_shares() -> Floats:
    """Each day's share of all traffic, shape (DAYS,), with a weekly rhythm and the sale."""
    weekday = START.weekday()
    shares = np.array([_WEEKDAYS[(weekday + day) % 7] for day in range(DAYS)])
    shares[PEAK.start : PEAK.stop] *= 2.2
    return np.asarray(shares / shares.sum())


def day_counts(total: int) -> Ints:
    """`total` distributed over the days, shape (DAYS,); the counts add up to `total`."""
    edges = np.round(np.concatenate([[0.0], np.cumsum(day_shares())]) * total).astype(int)
    return np.diff(edges)


def moments(day: int, count: int, rng: np.random.Generator) -> list[datetime]:
    """`count` times on day `day` in order, more of them in the evening."""
    hours = rng.choice(24, size=count, p=_HOURS / _HOURS.sum())
    seconds = np.sort(hours * 3600 + rng.integers(0, 3600, count))
    return [START + timedelta(days=day, seconds=int(second)) for second in seconds]


def stamp(moment: datetime) -> str:
    """A time in the form of the files."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")
