"""Monte Carlo: what a gain is worth, with everything that is uncertain drawn anew each time.

    value = months · (visits · conversion · order value · margin · adoption · uplift
                      - computing - serving - people) - labels - setup
    uplift = 100 · gain · link, or the gain itself where sales were measured

The gain is drawn from a normal distribution with its measured interval. Ranges are drawn as PERT
(Clark 1962; Malcolm et al. 1959): Beta distributions on the range whose mean is (low + 4 likely +
high) / 6. A triangular one would give the ends of a range, which are mostly guesses, twice the
weight. Draws are a Latin hypercube (McKay, Beckman and Conover 1979): of n draws, exactly one lies
in each n-th of every distribution, so that no tail is missed by chance.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import norm
from scipy.stats.qmc import LatinHypercube

from engine.case.assumptions import MONTHLY, ONCE, RANGES, Assumptions, Range
from engine.case.gain import Gain

Floats = NDArray[np.float64]
DRAWS, MOST_DRAWN = 4_000, 20_000
_PERT = 4.0
GAIN = "gain"
# Draws of the range that is shown: as the gain's interval, so that one tells of the other.
LOW, HIGH = 0.025, 0.975


@dataclass(frozen=True)
class CaseOutcome:
    """What a case is worth over its months, draw by draw.

    `inputs` holds the draws of the gain and of every range, shape (draws,). `uplift` is the
    relative rise of sales, `revenue` the additional sales a month, `benefit` the margin of these,
    `monthly` and `once` the costs; `value` is the sum over all months. Without a gain, nothing but
    costs is left.
    """

    months: int
    inputs: Mapping[str, Floats]
    uplift: Floats
    revenue: Floats
    benefit: Floats
    monthly: Floats
    once: Floats

    @cached_property
    def value(self) -> Floats:
        """The profit of all months, less what is paid once."""
        return np.asarray(self.months * (self.benefit - self.monthly) - self.once)

    @property
    def mean(self) -> float:
        """The expected value."""
        return float(self.value.mean())

    @property
    def median(self) -> float:
        """The value that half of the draws exceed."""
        return float(np.median(self.value))

    @property
    def low(self) -> float:
        """The value that 2.5 % of the draws fall below."""
        return float(np.quantile(self.value, LOW, method="lower"))

    @property
    def high(self) -> float:
        """The value that 2.5 % of the draws exceed."""
        return float(np.quantile(self.value, HIGH, method="higher"))

    @property
    def chance_of_loss(self) -> float:
        """The share of draws that lose money."""
        return float((self.value < 0).mean())


def simulate(
    assumptions: Assumptions, gain: Gain | None = None, *, draws: int = DRAWS, seed: int = 0
) -> CaseOutcome:
    """The case for `gain`; without one, or with one that no longer counts, there is no benefit.

    The same arguments give the same draws. Raises ValueError for more than `MOST_DRAWN` draws.
    """
    if not 1 <= draws <= MOST_DRAWN:
        raise ValueError(f"draws must be 1 to {MOST_DRAWN}")
    # The place of each draw in its distribution; the ranges' places don't depend on the gain.
    places = LatinHypercube(1 + len(RANGES), rng=np.random.default_rng(seed)).random(draws).T
    inputs = {
        name: draw_pert(value, place)
        for (name, value), place in zip(assumptions.ranges(), places[1:], strict=True)
    }
    drawn = np.zeros(draws) if gain is None else gain.delta + gain.sd * norm.ppf(places[0])
    return evaluate(assumptions.months, {GAIN: drawn, **inputs}, gain)


def evaluate(months: int, inputs: Mapping[str, Floats], gain: Gain | None) -> CaseOutcome:
    """The case for given inputs, all of one shape."""
    uplift = uplift_of(inputs, gain)
    sales = inputs["visits"] * inputs["conversion"] * inputs["order_value"]
    revenue = sales * inputs["adoption"] * uplift
    return CaseOutcome(
        months=months,
        inputs=inputs,
        uplift=uplift,
        revenue=revenue,
        benefit=revenue * inputs["margin"],
        monthly=sum_of(inputs, MONTHLY),
        once=sum_of(inputs, ONCE),
    )


def uplift_of(inputs: Mapping[str, Floats], gain: Gain | None) -> Floats:
    """The relative rise of sales where the change is adopted; sales cannot fall below nothing."""
    linked = gain is not None and not gain.is_of_sales
    return np.maximum(inputs[GAIN] * (100 * inputs["link"] if linked else 1.0), -1.0)


def sum_of(inputs: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """The sum of some inputs."""
    return np.asarray(sum(inputs[name] for name in names))


def draw_pert(value: Range, place: Floats) -> Floats:
    """The quantiles `place` of the PERT distribution of a range."""
    width = value.high - value.low
    if width <= 0:
        return np.full(len(place), value.likely)
    alpha = 1 + _PERT * (value.likely - value.low) / width
    beta = 1 + _PERT * (value.high - value.likely) / width
    return np.asarray(value.low + width * betaincinv(alpha, beta, place))
