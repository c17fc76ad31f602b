"""Where the money of a case comes from, what moves it most, and when it is back."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.case.assumptions import MONTHLY, ONCE, Assumptions
from engine.case.gain import Gain
from engine.case.simulation import GAIN, HIGH, LOW, CaseOutcome, Floats, evaluate


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: what it adds to the expected value."""

    name: str
    amount: float


@dataclass(frozen=True)
class Swing:
    """The value of a case with one input at its low and at its high end, all others likely."""

    name: str
    low: float
    high: float

    @property
    def width(self) -> float:
        """How far the input moves the value."""
        return abs(self.high - self.low)


@dataclass(frozen=True)
class Cash:
    """The cumulative cash after each month from 0 on, shape (months + 1,): mean and 95 % range.

    `payback` is the month in which half of the draws are paid back, None if fewer ever are within
    the case's months; `paid_back` is the share that is.
    """

    mean: Floats
    low: Floats
    high: Floats
    payback: int | None
    paid_back: float


def waterfall(outcome: CaseOutcome) -> list[Step]:
    """From additional sales to the expected value; the steps add up to `outcome.mean`."""
    months = outcome.months
    revenue, benefit = outcome.revenue.mean(), outcome.benefit.mean()
    steps = [
        Step("revenue", months * float(revenue)),
        Step("goods", months * float(benefit - revenue)),
    ]
    steps += [Step(name, -months * float(outcome.inputs[name].mean())) for name in MONTHLY]
    return steps + [Step(name, -float(outcome.inputs[name].mean())) for name in ONCE]


def likely_value(
    assumptions: Assumptions, gain: Gain | None, changes: Mapping[str, float] | None = None
) -> float:
    """The value with every input likeliest but for `changes`, by name."""
    likely = {name: value.likely for name, value in assumptions.ranges()}
    point = {GAIN: 0.0 if gain is None else gain.delta, **likely, **(changes or {})}
    inputs = {name: np.array([value]) for name, value in point.items()}
    return float(evaluate(assumptions.months, inputs, gain).value[0])


def tornado(assumptions: Assumptions, gain: Gain | None) -> list[Swing]:
    """One input at a time from its low to its high end, the others likely; widest first.

    An input that moves nothing is left out, such as the link where sales were measured.
    """
    ends = {name: (value.low, value.high) for name, value in assumptions.ranges()}
    if gain is not None:
        ends = {GAIN: (gain.low, gain.high), **ends}
    swings = [
        Swing(name, *(likely_value(assumptions, gain, {name: end}) for end in pair))
        for name, pair in ends.items()
    ]
    return sorted((s for s in swings if s.width > 0), key=lambda swing: -swing.width)


def break_even_factor(outcome: CaseOutcome) -> float | None:
    """How many times the visits it takes for an expected value of 0; None if no number does."""
    earned = outcome.months * float(outcome.benefit.mean())
    spent = outcome.months * float(outcome.monthly.mean()) + float(outcome.once.mean())
    return spent / earned if earned > 0 else None


def cumulative_cash(outcome: CaseOutcome) -> Cash:
    """The cash month by month: what is paid once comes first, all months are alike."""
    months = np.arange(outcome.months + 1)
    monthly = outcome.benefit - outcome.monthly
    cash = months[:, None] * monthly - outcome.once
    low, high = np.quantile(cash, [LOW, HIGH], axis=1)
    paid = (cash >= 0).mean(axis=1)
    done = np.flatnonzero(paid >= 0.5)
    # Who earns nothing but paid nothing either has no money to get back.
    payback = int(done[0]) if len(done) else None
    return Cash(cash.mean(axis=1), low, high, payback, float(paid[-1]))
