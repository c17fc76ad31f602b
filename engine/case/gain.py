"""A measured gain, with its interval and where it was measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from scipy.stats import norm

from engine.experiment.plan import SALES_METRICS
from engine.experiment.store import KeptResult

# The metric of a gain that an experiment measured: a relative change of the shop's sales. Any other
# metric was measured offline, and its link to sales is an assumption.
SALES = "sales"
_CRITICAL = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Gain:
    """What a change brings in `metric`: `delta` with its 95 % interval from `low` to `high`.

    `citation` says where it was measured, None for what somebody entered by hand.
    """

    delta: float
    low: float
    high: float
    metric: str
    citation: Mapping[str, Any] | None = None

    @property
    def sd(self) -> float:
        """The standard deviation of the normal distribution that the gain is drawn from.

        It follows from the longer arm of the interval, so that the normal reaches at least to both
        of its ends: a gain whose interval includes 0 is below 0 in at least 2.5 % of the draws.
        """
        return max(self.high - self.delta, self.delta - self.low) / _CRITICAL

    @property
    def includes_zero(self) -> bool:
        """Whether the interval leaves open that nothing is gained."""
        return self.low <= 0

    @property
    def is_of_sales(self) -> bool:
        """Whether the gain needs no link, because sales themselves were measured."""
        return self.metric == SALES

    def as_json(self) -> dict[str, Any]:
        """The gain as it is kept on disk."""
        return asdict(self)


def gain_of_result(kept: KeptResult) -> Gain | None:
    """The rise of sales that a finished experiment measured.

    None if its groups had the wrong sizes, no relative change could be measured, or its metric is
    not one of sales.
    """
    result = kept.result
    if kept.metric not in SALES_METRICS or result.verdict == "mismatch":
        return None
    delta, low, high = result.relative, result.relative_low, result.relative_high
    if delta is None or low is None or high is None:
        return None
    citation = {
        "kind": "experiment",
        "source_id": f"experiment:{kept.created:.0f}",
        "metric": kept.metric,
        "value": delta,
        "low": low,
        "high": high,
        "unit": "difference",
        "created": kept.created,
        "page": "experiment",
    }
    return Gain(delta, low, high, SALES, citation)
