"""How many shoppers a test needs, and the smallest effect that so many can show.

The normal approximation of Wald's two-sided test, by `statsmodels.stats`:

    n = ((z_{1-α/2} σ₀ + z_{1-β} σ₁) / δ)²

for the first group, where σ₀² and σ₁² are the variances of the difference times n without and with
the effect δ (Fleiss, Levin and Paik 2003, section 4.2; Chow, Shao and Wang 2008, section 3.2).
Ratio metrics take the variance of their shoppers' influence (see `engine.experiment.metrics`).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.power import normal_power_het, normal_sample_size_one_tail
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from engine.experiment.metrics import Kind, ShopperValues


@dataclass(frozen=True)
class Baseline:
    """A metric as it is now: its `value`, and the `variance` of one shopper."""

    kind: Kind
    value: float
    variance: float

    @classmethod
    def of(cls, values: ShopperValues) -> "Baseline":
        """The baseline that the log's shoppers show."""
        return cls(values.kind, values.value, values.variance)


@dataclass(frozen=True)
class Design:
    """How sure the test has to be.

    `alpha` is the chance of a winner where there is none, `power` that of seeing the effect where
    there is one, `treated` the share of the test's shoppers who get the change.
    """

    alpha: float = 0.05
    power: float = 0.8
    treated: float = 0.5


def sample_size(baseline: Baseline, effect: float, design: Design) -> float:
    """The shoppers of both groups together that show the relative `effect`, not rounded.

    `effect` is a share of the baseline's value, 0.05 for 5 % more, and may be below 0. Infinite for
    no effect, for a proportion that it would lift to 1 or above, or bring to 0, and where all
    shoppers are alike, so that nothing is known of how they differ.
    """
    delta = effect * baseline.value
    if (
        delta == 0
        or baseline.variance <= 0
        or (baseline.kind == "proportion" and not 0 < baseline.value + delta < 1)
    ):
        return float("inf")
    ratio = (1 - design.treated) / design.treated
    if baseline.kind == "proportion":
        treated = samplesize_proportions_2indep_onetail(
            delta, baseline.value, design.power, ratio=ratio, alpha=design.alpha
        )
    else:
        spread = float(np.sqrt(baseline.variance * (1 + 1 / ratio)))
        treated = normal_sample_size_one_tail(abs(delta), design.power, design.alpha / 2, spread)
    return float(treated) * (1 + ratio)


def smallest_effect(baseline: Baseline, shoppers: float, design: Design) -> float:
    """The smallest relative effect above 0 that `shoppers` of both groups show; inf for none."""
    if shoppers <= 0 or baseline.value <= 0 or baseline.variance <= 0:
        return float("inf")
    if baseline.kind != "proportion":
        critical = norm.isf(design.alpha / 2) + norm.ppf(design.power)
        return float(critical * standard_error(baseline, shoppers, design) / baseline.value)
    most = (1 - baseline.value) / baseline.value * (1 - 1e-9)
    if sample_size(baseline, most, design) > shoppers:
        return float("inf")

    def missing(effect: float) -> float:
        return sample_size(baseline, effect, design) - shoppers

    return float(brentq(missing, most * 1e-9, most, xtol=1e-14, rtol=1e-12))


def standard_error(baseline: Baseline, shoppers: float, design: Design) -> float:
    """The standard error of the difference between the groups, in units of the metric."""
    parts = shoppers * design.treated * (1 - design.treated)
    return float(np.sqrt(baseline.variance / parts))


def reached_power(baseline: Baseline, effect: float, shoppers: float, design: Design) -> float:
    """The chance that `shoppers` of both groups show the relative `effect`; both tails count."""
    delta = effect * baseline.value
    treated, ratio = shoppers * design.treated, (1 - design.treated) / design.treated
    null = alternative = float(np.sqrt(baseline.variance * (1 + 1 / ratio)))
    if baseline.kind == "proportion":
        other = baseline.value + delta
        pooled = (other + baseline.value * ratio) / (1 + ratio)
        null = float(np.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio)))
        alternative = float(np.sqrt(other * (1 - other) + baseline.variance / ratio))
    power = normal_power_het(delta, treated, design.alpha, null, alternative)
    return float(np.asarray(power))


def smallest_harm(baseline: Baseline, shoppers: float, design: Design) -> float:
    """The smallest relative margin within which a guardrail can be shown to be unharmed.

    A one-sided test of non-inferiority at `alpha`, if the change does nothing to the guardrail:
    (z_{1-α} + z_{1-β}) standard errors (Chow, Shao and Wang 2008, section 3.2.2).
    """
    if shoppers <= 0 or baseline.value <= 0 or baseline.variance <= 0:
        return float("inf")
    critical = norm.isf(design.alpha) + norm.ppf(design.power)
    return float(critical * standard_error(baseline, shoppers, design) / baseline.value)
