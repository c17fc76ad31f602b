"""The price of a label: what the next ones bring, beside what it costs to make them.

What they bring in the metric comes from the learning curve, and its money from the same link as any
other gain of a case (`engine.case.simulation`); the costs of a case that labels do not change are
left out.
"""

from dataclasses import dataclass

import numpy as np

from engine.case.assumptions import Assumptions
from engine.case.gain import Gain
from engine.case.simulation import HIGH, LOW, simulate
from engine.evaluation.extrapolation import Estimate, Extrapolation

SECONDS_PER_HOUR = 3600
BATCH = 100
# Labels beyond so many times those there are were never near what was measured.
FARTHEST = 10


@dataclass(frozen=True)
class LabellingCost:
    """What people take for labels: `seconds` for one, at `wage` an hour in the shop's money."""

    seconds: float = 15.0
    wage: float = 25.0

    def of(self, labels: float) -> float:
        """What so many labels cost."""
        return labels * self.seconds / SECONDS_PER_HOUR * self.wage


@dataclass(frozen=True)
class LabelPrice:
    """The next `labels`: `gain` in the metric, `benefit` in money over the case's months, `cost`.

    `pays_until` is how many labels can be added before the next hundred cost more than they are
    expected to bring: 0 where the first hundred do, None where labelling still pays at ten times
    the examples.
    """

    labels: int
    gain: Estimate
    benefit: Estimate
    cost: float
    pays_until: int | None


def price_labels(
    law: Extrapolation,
    metric: str,
    assumptions: Assumptions,
    cost: LabellingCost,
    labels: int = BATCH,
) -> LabelPrice:
    """What the next `labels` after the largest measured size bring and cost."""
    gain = law.gain(law.largest, labels)
    benefit = _benefit(gain, metric, assumptions)
    worth = benefit.value / gain.value if gain.value > 0 else 0.0
    return LabelPrice(
        labels, gain, benefit, cost.of(labels), _pays_until(law, worth, cost.of(BATCH))
    )


def _benefit(gain: Estimate, metric: str, assumptions: Assumptions) -> Estimate:
    """The margin of the additional sales of all months: the mean, and the range of the draws."""
    outcome = simulate(assumptions, Gain(gain.value, gain.low, gain.high, metric))
    money = outcome.months * outcome.benefit
    low, high = np.quantile(money, [LOW, HIGH])
    return Estimate(float(money.mean()), float(low), float(high))


def _pays_until(law: Extrapolation, worth: float, cost: float) -> int | None:
    """Labels bring less and less, so the first hundred that cost more end it."""
    added = np.arange(0, (FARTHEST - 1) * law.largest + BATCH, BATCH)
    for before in added:
        if law.gain(law.largest + before, BATCH).value * worth < cost:
            return int(before)
    return None
