"""How certain a figure of the log is, where the same shoppers come again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLES = 1000
# Of a larger log, so many shoppers are drawn for each sample; see `cluster_bootstrap`.
MOST_DRAWN = 5_000
_LOW, _HIGH = 2.5, 97.5


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval and the number of shoppers behind it."""

    value: float
    low: float
    high: float
    shoppers: int


def cluster_bootstrap(
    numerator: NDArray[np.float64],
    denominator: NDArray[np.float64],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Estimate:
    """The ratio of two sums over shoppers, with a percentile interval.

    Whole shoppers are drawn with replacement, with all their visits: visits of one shopper are
    alike, so drawing visits would promise too narrow an interval (Davison and Hinkley 1997, section
    3.8; Field and Welsh 2007). Of more than `MOST_DRAWN` shoppers, that many are drawn for each
    sample, and the deviations shrink by the root of the share (m out of n: Bickel et al. 1997).
    """
    shoppers = len(numerator)
    drawn = min(shoppers, MOST_DRAWN)
    value = float(numerator.sum() / denominator.sum())
    picks = np.random.default_rng(seed).integers(0, shoppers, (samples, drawn))
    below = denominator[picks].sum(axis=1)
    above = numerator[picks].sum(axis=1)
    ratios = np.divide(above, below, out=np.full(samples, value), where=below > 0)
    shrink = np.sqrt(drawn / shoppers)
    low, high = value + shrink * (np.percentile(ratios, [_LOW, _HIGH]) - value)
    return Estimate(value, float(low), float(high), shoppers)
