"""What an experiment can be judged by, measured per shopper in the shop's own log."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.experiment.shopper_days import ShopperDays, ShopperSums

Floats = NDArray[np.float64]
Kind = Literal["proportion", "mean", "ratio"]

# Revenue above this quantile of the shoppers who bought is cut down to it.
CAP_QUANTILE = 0.99


@dataclass(frozen=True)
class Metric:
    """A figure of an experiment: the sum of `numerator` over that of `denominator`.

    A `proportion` is the share of shoppers with any of the numerator, a `mean` is per shopper, and
    only a `ratio` has a denominator of its own. `capped` metrics have a long tail.
    """

    name: str
    kind: Kind
    numerator: str
    denominator: str = ""
    capped: bool = False


METRICS = {
    metric.name: metric
    for metric in (
        Metric("visit_conversion", "ratio", "visits_bought", "visits"),
        Metric("search_clicks", "ratio", "searches_clicked", "searches"),
        Metric("shopper_conversion", "proportion", "orders"),
        Metric("orders_per_shopper", "mean", "orders"),
        Metric("revenue_per_shopper", "mean", "revenue", capped=True),
        Metric("order_value", "ratio", "revenue", "orders", capped=True),
    )
}


@dataclass(frozen=True)
class ShopperValues:
    """A metric's numerator and denominator for each shopper, shape (shoppers,).

    `cap` is where the numerator was cut and `cut_share` the share of its sum that was cut off.
    """

    kind: Kind
    numerator: Floats
    denominator: Floats
    cap: float | None = None
    cut_share: float = 0.0

    @property
    def value(self) -> float:
        """The metric itself; 0 where there is nothing to count."""
        below = float(self.denominator.sum())
        return float(self.numerator.sum()) / below if below > 0 else 0.0

    @property
    def influence(self) -> Floats:
        """How far each shopper moves the metric: (N - R·D) / mean(D).

        Its mean is 0, and its variance over the number of shoppers is the variance of the metric by
        the delta method (Deng et al. 2018, section 3.1).
        """
        moved = self.numerator - self.value * self.denominator
        below = float(self.denominator.sum())
        return np.asarray(moved * (len(moved) / below if below > 0 else 0.0))

    @property
    def variance(self) -> float:
        """The variance of one shopper's influence; for a proportion, p (1 - p)."""
        if self.kind == "proportion":
            return self.value * (1 - self.value)
        return float(np.var(self.influence, ddof=1)) if len(self.numerator) > 1 else 0.0


def available_metrics(log: ShopperDays) -> list[str]:
    """The metrics that the log holds anything of."""
    return [
        name
        for name, metric in METRICS.items()
        if log.amounts[metric.numerator].any()
        and (not metric.denominator or log.amounts[metric.denominator].any())
    ]


def measure(period: ShopperSums, name: str, cap: float | None = None) -> ShopperValues:
    """The metric `name` for each shopper of `period`; KeyError for an unknown one.

    A metric with a long tail is cut at `cap`, by default where 99 % of the buyers are below; of a
    ratio, what a shopper has per unit of the denominator is cut.
    """
    metric = METRICS[name]
    numerator = period.sums[metric.numerator]
    if metric.kind == "proportion":
        numerator = (numerator > 0).astype(float)
    ones = np.ones(len(period))
    denominator = period.sums[metric.denominator] if metric.denominator else ones
    if not metric.capped:
        return ShopperValues(metric.kind, numerator, denominator)
    per_unit = np.divide(numerator, denominator, out=np.zeros_like(ones), where=denominator > 0)
    bought = per_unit[per_unit > 0]
    if cap is None:
        cap = float(np.quantile(bought, CAP_QUANTILE)) if len(bought) else 0.0
    cut = np.minimum(per_unit, cap) * denominator
    total = float(numerator.sum())
    share = 1 - float(cut.sum()) / total if total > 0 else 0.0
    return ShopperValues(metric.kind, cut, denominator, cap, share)
