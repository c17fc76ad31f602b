"""Random draws that every part of the simulation makes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np

T = TypeVar("T")

DAYS = 60
START = datetime(2025, 10, 2)
PEAK = range(38, 43)
"""Days of the great sale, the eleventh of November in their middle."""
_HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 7, 8, 8, 9, 10, 12, 11, 9, 9, 9, 10, 12, 15, 18, 17, 12, 6])
_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.1, 1.35, 1.4)


def pick(options: Sequence[T], rng: np.random.Generator) -> T:
    """One of `options`, each as likely."""
    return options[int(rng.random() * len(options))]


def pick_number(options: np.ndarray, rng: np.random.Generator) -> int:
    """One number of an array of integers, each as likely."""
    return int(options[int(rng.random() * len(options))])


def day_shares() -> np.ndarray:
    """The share of all traffic on each day, shape (DAYS,): a weekly rhythm and the sale's peak."""
    weekday = START.weekday()
    shares = np.array([_WEEKDAYS[(weekday + day) % 7] for day in range(DAYS)])
    shares[PEAK.start : PEAK.stop] *= 2.2
    return shares / shares.sum()


def day_counts(total: int) -> np.ndarray:
    """`total` split over the days, shape (DAYS,); the counts sum to `total` exactly."""
    edges = np.round(np.concatenate([[0.0], np.cumsum(day_shares())]) * total).astype(int)
    return np.diff(edges)


def moments(day: int, count: int, rng: np.random.Generator) -> list[datetime]:
    """`count` times of day `day` in order, more of them in the evening."""
    hours = rng.choice(24, size=count, p=_HOURS / _HOURS.sum())
    seconds = np.sort(hours * 3600 + rng.integers(0, 3600, count))
    return [START + timedelta(days=day, seconds=int(second)) for second in seconds]


def stamp(moment: datetime) -> str:
    """A time as the files write it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")
