"""Reads the counts of a finished test: whether it is sound, who won, and how sure that is."""

from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np
from scipy.stats import chisquare, norm, t, ttest_ind_from_stats
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from engine.errors import InputError
from engine.experiment.power import Design
from engine.experiment.sequential import always_valid_half_width, mixture_variance

# Groups whose sizes are less likely than this were not assigned as planned (Fabijan et al. 2019).
MISMATCH = 0.001
Verdict = Literal["mismatch", "better", "worse", "unclear"]


@dataclass(frozen=True)
class Group:
    """One group of a test: its `shoppers`, and the mean and standard deviation of the metric.

    Of a share of shoppers, `sd` is None and `mean` is the share.
    """

    shoppers: int
    mean: float
    sd: float | None = None

    @property
    def variance(self) -> float:
        """The variance of one shopper."""
        return self.mean * (1 - self.mean) if self.sd is None else self.sd**2


@dataclass(frozen=True)
class Result:
    """What a finished test says; differences are treated minus control.

    `mismatch_p` is the chance of groups of such sizes. `relative` and its interval are the change
    as a share of the control's mean, None where that is not above 0.
    """

    verdict: Verdict
    mismatch_p: float
    difference: float
    low: float
    high: float
    p: float
    relative: float | None
    relative_low: float | None
    relative_high: float | None

    def as_json(self) -> dict[str, object]:
        """The result as it is kept on disk."""
        return asdict(self)


def read_result(control: Group, treated: Group, design: Design, *, watched: bool = False) -> Result:
    """The verdict on a test; `watched` if somebody looked before the end and could have stopped.

    Shares are compared by the score test and its interval (Miettinen and Nurminen 1985), means by
    Welch's test. Of a watched test, the interval is the always-valid one. Raises InputError for
    groups that are too small or cannot be.
    """
    _check(control)
    _check(treated)
    sizes = np.array([control.shoppers, treated.shoppers])
    expected = sizes.sum() * np.array([1 - design.treated, design.treated])
    mismatch_p = float(chisquare(sizes, expected).pvalue)
    if (control.sd is None) != (treated.sd is None):
        raise InputError("experiment.result.mixed")
    compare = _compare_shares if control.sd is None else _compare_means
    result = replace(compare(control, treated, design.alpha), mismatch_p=mismatch_p)
    if watched:
        result = _for_watched(result, control, treated, design.alpha)
    if mismatch_p < MISMATCH:
        return replace(result, verdict="mismatch")
    verdict: Verdict = "better" if result.low > 0 else "worse" if result.high < 0 else "unclear"
    return replace(result, verdict=verdict)


def _check(group: Group) -> None:
    if group.shoppers < 2:
        raise InputError("experiment.result.too_few")
    if group.sd is None and not 0 <= group.mean <= 1:
        raise InputError("experiment.result.too_many_buyers")
    if not np.isfinite(group.mean) or (group.sd is not None and not 0 <= group.sd < np.inf):
        raise InputError("experiment.result.bad_number")


def _compare_shares(control: Group, treated: Group, alpha: float) -> Result:
    counts = [
        number
        for group in (treated, control)
        for number in (round(group.mean * group.shoppers), group.shoppers)
    ]
    difference = treated.mean - control.mean
    if counts[0] == counts[2] == 0 or (counts[0] == counts[1] and counts[2] == counts[3]):
        # Nobody bought, or everybody did: nothing tells the groups apart.
        bound = float(np.log(1 / alpha) / min(control.shoppers, treated.shoppers))
        return Result("unclear", 1.0, 0.0, -bound, bound, 1.0, None, None, None)
    p = float(test_proportions_2indep(*counts, method="score").pvalue)
    low, high = confint_proportions_2indep(*counts, method="score", compare="diff", alpha=alpha)
    relative: tuple[float | None, ...] = (None, None, None)
    if counts[0] and counts[2]:
        ends = confint_proportions_2indep(*counts, method="score", compare="ratio", alpha=alpha)
        relative = (difference / control.mean, *(float(end) - 1 for end in ends))
    return Result("unclear", 1.0, difference, float(low), float(high), p, *relative)


def _compare_means(control: Group, treated: Group, alpha: float) -> Result:
    parts = [group.variance / group.shoppers for group in (control, treated)]
    difference, error = treated.mean - control.mean, float(np.sqrt(sum(parts)))
    if error == 0:
        raise InputError("experiment.result.bad_number")
    tested = ttest_ind_from_stats(
        treated.mean,
        np.sqrt(treated.variance),
        treated.shoppers,
        control.mean,
        np.sqrt(control.variance),
        control.shoppers,
        equal_var=False,
    )
    freedom = sum(parts) ** 2 / sum(
        part**2 / (group.shoppers - 1)
        for part, group in zip(parts, (control, treated), strict=True)
    )
    half = float(t.isf(alpha / 2, freedom)) * error
    low, high, p = difference - half, difference + half, float(tested.pvalue)
    result = Result("unclear", 1.0, difference, low, high, p, None, None, None)
    return _with_ratio(result, control, treated, float(norm.isf(alpha / 2)))


def _with_ratio(result: Result, control: Group, treated: Group, critical: float) -> Result:
    """With the relative change by the delta method on the logarithm of the means' ratio."""
    if control.mean <= 0 or treated.mean <= 0:
        return result
    error = np.sqrt(
        sum(group.variance / group.shoppers / group.mean**2 for group in (control, treated))
    )
    log = np.log(treated.mean / control.mean)
    low, high = np.expm1([log - critical * error, log + critical * error])
    change = treated.mean / control.mean - 1
    return replace(result, relative=change, relative_low=float(low), relative_high=float(high))


def _for_watched(result: Result, control: Group, treated: Group, alpha: float) -> Result:
    variance = control.variance / control.shoppers + treated.variance / treated.shoppers
    if variance == 0:
        return result
    half = float(always_valid_half_width(variance, mixture_variance(variance, alpha), alpha))
    wider = replace(result, low=result.difference - half, high=result.difference + half)
    return _with_ratio(wider, control, treated, half / float(np.sqrt(variance)))
