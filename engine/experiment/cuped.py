"""CUPED: what a shopper did before the test explains part of what the shopper does in it."""

from dataclasses import dataclass

import numpy as np

from engine.experiment.metrics import METRICS, measure
from engine.experiment.shopper_days import ShopperSums

LEAST_RETURNING = 10


@dataclass(frozen=True)
class Cuped:
    """What the days before the test save.

    `theta` is the slope by which the earlier value is taken off, `kept` the share of the variance
    that stays (1 - ρ²), `returning` the share of the test's shoppers who were seen before it.
    """

    theta: float
    kept: float
    returning: float


def fit_cuped(before: ShopperSums, during: ShopperSums, metric: str) -> Cuped | None:
    """The adjustment by each shopper's own numerator before the test.

    Y - θ (X - mean X) with θ = cov(X, Y) / var(X) has the share 1 - ρ² of the variance of Y and the
    same difference between the groups, since X was there before the test (Deng, Xu, Kohavi and
    Walker 2013). Whoever is new has X = 0. Of a ratio, Y is the shopper's influence. None if hardly
    anybody comes again or X never differs.
    """
    shared, here, there = np.intersect1d(
        during.shopper, before.shopper, assume_unique=True, return_indices=True
    )
    if len(shared) < LEAST_RETURNING:
        return None
    influence = measure(during, metric).influence
    earlier = np.zeros(len(during))
    earlier[here] = before.sums[METRICS[metric].numerator][there]
    if METRICS[metric].kind == "proportion":
        earlier = (earlier > 0).astype(float)
    spread = float(np.var(earlier, ddof=1))
    if spread == 0:
        return None
    theta = float(np.cov(earlier, influence)[0, 1]) / spread
    left = influence - theta * (earlier - earlier.mean())
    kept = float(np.var(left, ddof=1) / np.var(influence, ddof=1))
    return Cuped(theta, kept, len(shared) / len(during))
