"""What a test of so many days can show, by the log's own days."""

from dataclasses import dataclass, replace

import numpy as np

from engine.experiment.cuped import Cuped, fit_cuped
from engine.experiment.metrics import measure
from engine.experiment.power import Baseline, Design, smallest_effect
from engine.experiment.shopper_days import ShopperDays

MOST_DAYS = 90
_POINTS = 30


@dataclass(frozen=True)
class Trial:
    """A test of `days` days: its `shoppers`, each counted once, and what they show.

    `baseline` is the metric over that many days, `effect` the smallest relative effect that shows.
    `beyond` is true for more days than the log has: there, the last day of the log is carried on.
    `cuped` says what the days before the test save, None where the log has no such days.
    """

    days: int
    shoppers: float
    baseline: Baseline
    effect: float
    beyond: bool = False
    cuped: Cuped | None = None


def trial_of(
    log: ShopperDays, metric: str, days: int, design: Design, traffic: float = 1.0
) -> Trial:
    """What `days` days show of `metric` with a share `traffic` of all shoppers in the test.

    The last days of the log are taken as they were, so a shopper who came five times counts once.
    A longer test than the log is taken to have more shoppers in proportion; in truth returning ones
    make them fewer, each of whom then tells more.
    """
    measured = min(days, log.days)
    period = log.between(log.days - measured, log.days)
    values = measure(period, metric)
    baseline = Baseline.of(values)
    shoppers = len(period) * days / measured * traffic
    before = log.between(max(log.days - 2 * measured, 0), log.days - measured)
    cuped = fit_cuped(before, period, metric) if 2 * measured <= log.days else None
    effect = smallest_effect(baseline, shoppers, design)
    return Trial(days, shoppers, baseline, effect, days > log.days, cuped)


def with_cuped(trial: Trial, design: Design) -> Trial:
    """The same test with the variance that CUPED leaves; as it is where the log allows none."""
    if trial.cuped is None:
        return trial
    kept = trial.cuped.kept * trial.baseline.variance
    # What is left is no longer the variance of a proportion.
    baseline = replace(trial.baseline, kind="mean", variance=kept)
    return replace(
        trial, baseline=baseline, effect=smallest_effect(baseline, trial.shoppers, design)
    )


def trials(log: ShopperDays, metric: str, design: Design, traffic: float = 1.0) -> list[Trial]:
    """Tests of up to `MOST_DAYS` days, at most 30 of them, shortest first."""
    days = np.unique(np.linspace(1, MOST_DAYS, _POINTS).round().astype(int))
    return [trial_of(log, metric, int(number), design, traffic) for number in days]


def days_needed(
    log: ShopperDays, metric: str, effect: float, design: Design, traffic: float = 1.0
) -> int | None:
    """The days after which the relative `effect` shows; None if `MOST_DAYS` are too few."""
    low, high = 1, MOST_DAYS
    if trial_of(log, metric, high, design, traffic).effect > effect:
        return None
    while low < high:
        middle = (low + high) // 2
        shows = trial_of(log, metric, middle, design, traffic).effect <= effect
        low, high = (low, middle) if shows else (middle + 1, high)
    return low
