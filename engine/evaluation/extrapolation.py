"""From a few measured sizes of training data to what more data would bring: a power law.

    error(n) = plateau + scale · n^-exponent,    all three at least 0

The form holds over orders of magnitude for many tasks and models (Cortes et al. 1993; Hestness et
al. 2017), but four points say little of each of the three: what counts is the interval of what is
predicted, not the parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]

# A fit for each draw of the points within their intervals.
DRAWS = 200
EXPONENTS = np.arange(1, 16) / 10
_LOW, _HIGH = 2.5, 97.5
_CRITICAL = 1.96
_SMALLEST = 1e-4
# What twice the data has to bring for the curve to count as rising.
WORTH = 0.005


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Extrapolation:
    """Power laws through the points of a learning curve, of a metric whose best value is 1.

    `laws` has a row (plateau, scale, exponent) for the points as measured, and then one for each
    draw of the points within their intervals. `unit` is the size in which n is counted, `largest`
    the largest that was measured.
    """

    laws: Floats
    unit: float
    largest: float

    def predict(self, size: float) -> Estimate:
        """The metric after learning from `size` examples."""
        return _estimate(self._values(size))

    def gain(self, size: float, more: float) -> Estimate:
        """What `more` examples add to the metric after the first `size`."""
        return _estimate(self._values(size + more) - self._values(size))

    @cached_property
    def trend(self) -> Literal["rising", "unclear", "flat"]:
        """Whether twice the data is worth having, judged by `WORTH`."""
        doubled = self.gain(self.largest, self.largest)
        if doubled.low >= WORTH:
            return "rising"
        return "flat" if doubled.value < WORTH else "unclear"

    def reaches(self, value: float, farthest: float = 10.0) -> float | None:
        """The size at which the curve reaches `value`; None if not by `farthest` times the data."""
        sizes = np.geomspace(1, self.largest * farthest, 400)
        reached = np.flatnonzero([self._values(size)[0] >= value for size in sizes])
        return float(sizes[reached[0]]) if len(reached) else None

    def _values(self, size: float) -> Floats:
        plateau, scale, exponent = self.laws.T
        return np.asarray(1 - plateau - scale * (size / self.unit) ** -exponent)


def extrapolate(
    sizes: Sequence[float], points: Sequence[Estimate], *, draws: int = DRAWS, seed: int = 0
) -> Extrapolation:
    """Fit the law to `points`, measured after learning from `sizes` examples.

    For each exponent of a grid the rest is a non-negative least squares (variable projection, Golub
    and Pereyra 1973), weighted by how sure each point is. The intervals come from drawing every
    point from its own, as if each were measured on examples of its own: they are measured on the
    same ones, so this is cautious, and leaves room for the luck of single trainings. Raises
    ValueError for fewer than three points.
    """
    if len(points) < 3:
        raise ValueError("a curve needs three points")
    unit = float(np.exp(np.mean(np.log(sizes))))
    places = np.asarray(sizes, float) / unit
    values = np.array([point.value for point in points])
    spread = np.array([max(point.high - point.low, _SMALLEST) for point in points])
    deviations = spread / (2 * _CRITICAL)
    noise = np.random.default_rng(seed).normal(size=(draws, len(points))) * deviations
    laws = [_fit(places, 1 - drawn, deviations) for drawn in (values, *(values + noise))]
    return Extrapolation(np.array(laws), unit, float(max(sizes)))


def _fit(places: Floats, errors: Floats, deviations: Floats) -> tuple[float, float, float]:
    """The plateau, scale and exponent that fit best."""
    least, law = np.inf, (0.0, 0.0, 0.0)
    for exponent in EXPONENTS:
        columns = np.column_stack([np.ones_like(places), places**-exponent])
        (plateau, scale), distance = nnls(columns / deviations[:, None], errors / deviations)
        if distance < least:
            least, law = distance, (plateau, scale, float(exponent))
    return law


def _estimate(values: Floats) -> Estimate:
    """The first value, and the interval of the others, which it is made part of."""
    low, high = np.percentile(values[1:], [_LOW, _HIGH])
    first = float(values[0])
    return Estimate(first, min(float(low), first), max(float(high), first))
