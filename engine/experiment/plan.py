"""The plan of an experiment: what is decided before the first shopper sees the change."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine.experiment.metrics import Kind
from engine.experiment.power import Baseline, Design, standard_error

LONGEST_HYPOTHESIS = 400
# A change of these is, for the money, the same relative change of sales.
SALES_METRICS = (
    "visit_conversion",
    "shopper_conversion",
    "orders_per_shopper",
    "revenue_per_shopper",
)


@dataclass(frozen=True)
class Guardrail:
    """A metric that must not fall by more than the relative `margin`.

    `shown` is the smallest margin that the plan's size can rule out.
    """

    metric: str
    margin: float
    shown: float


@dataclass(frozen=True)
class Plan:
    """A test of `days` days with about `shoppers` shoppers, judged by `metric`.

    `baseline` and `variance` are the metric's as it is now, `effect` is the smallest relative
    change that shows. `cap` is where a long tail is cut, None for none. `looks` says whether the
    test is read once, at its end, or at any time by always-valid intervals. `traffic` is the share
    of all shoppers in the test, and `cuped` the share of the variance that stays (1 without).
    """

    hypothesis: str
    metric: str
    kind: Kind
    baseline: float
    variance: float
    effect: float
    days: int
    shoppers: int
    traffic: float = 1.0
    design: Design = field(default_factory=Design)
    looks: Literal["once", "any_time"] = "once"
    cap: float | None = None
    cuped: float = 1.0
    guardrails: tuple[Guardrail, ...] = ()
    data_fingerprint: str = ""
    created: float = 0.0

    @property
    def relative_error(self) -> float:
        """The standard error of the relative change that the test will measure."""
        baseline = Baseline(self.kind, self.baseline, self.variance)
        return standard_error(baseline, self.shoppers, self.design) / self.baseline

    def as_json(self) -> dict[str, Any]:
        """The plan as it is kept on disk."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Plan":
        """The plan of `as_json`. Raises TypeError or KeyError for anything else."""
        guardrails = tuple(Guardrail(**guardrail) for guardrail in record["guardrails"])
        return cls(**{**record, "design": Design(**record["design"]), "guardrails": guardrails})
