"""Reads from the shop's log what a case would otherwise have to assume."""

from dataclasses import replace

import numpy as np

from engine.case.assumptions import Assumptions, Range
from engine.errors import InputError
from engine.experiment.bootstrap import Estimate, cluster_bootstrap
from engine.experiment.metrics import available_metrics, measure
from engine.experiment.shopper_days import ShopperDays, read_shopper_days
from engine.tables.tables import Tables, summary

DAYS_PER_MONTH = 365.25 / 12
_WEEK, _LEAST_WEEKS = 7, 4
# Of a log too short to show how weeks differ: so much less and more than it shows.
_UNKNOWN_SWING = 0.3


@summary
def assumptions_of(tables: Tables) -> Assumptions:
    """The defaults, with traffic, conversion and order value of the log where it holds them."""
    try:
        log = read_shopper_days(tables)
    except InputError:
        return Assumptions()
    ranges = {"visits": _traffic(log)}
    whole = log.between(0, log.days)
    metrics = {"visit_conversion": "conversion", "order_value": "order_value"}
    for metric in set(metrics) & set(available_metrics(log)):
        values = measure(whole, metric)
        ranges[metrics[metric]] = _range(cluster_bootstrap(values.numerator, values.denominator))
    return Assumptions().with_ranges(**ranges)


def current_assumptions(tables: Tables, saved: Assumptions | None) -> Assumptions:
    """The team's own figures of a saved case, and for all others what log and defaults say now."""
    now = assumptions_of(tables)
    if saved is None:
        return now
    own = {name: value for name, value in saved.ranges() if value.source == "own"}
    return replace(now.with_ranges(**own), months=saved.months)


def _range(estimate: Estimate) -> Range:
    low, high = min(estimate.low, estimate.value), max(estimate.high, estimate.value)
    return Range(max(low, 0.0), estimate.value, high, "log")


def _traffic(log: ShopperDays) -> Range:
    """Visits a month: the mean day, and the log's slowest and busiest weeks."""
    daily = np.bincount(log.day, log.amounts["visits"], minlength=log.days)
    mean = float(daily.mean())
    weeks = log.days // _WEEK
    if weeks < _LEAST_WEEKS:
        low, high = mean * (1 - _UNKNOWN_SWING), mean * (1 + _UNKNOWN_SWING)
    else:
        weekly = daily[-weeks * _WEEK :].reshape(weeks, _WEEK).mean(axis=1)
        low, high = min(float(weekly.min()), mean), max(float(weekly.max()), mean)
    return Range(DAYS_PER_MONTH * low, DAYS_PER_MONTH * mean, DAYS_PER_MONTH * high, "log")
