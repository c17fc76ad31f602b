"""What a learning curve says: whether more labels help, and whether tuning pays at this size."""

from dataclasses import dataclass
from functools import cached_property

from engine.evaluation.compare import Interval
from engine.evaluation.extrapolation import Estimate, Extrapolation, extrapolate
from engine.messages import name_of, say
from engine.storage.learning_curves import LearningCurve

# How many of the four points are learned from at most half of the examples.
_HALF = 3


@dataclass(frozen=True)
class CurveOutcome:
    """A curve with the power law through its points."""

    curve: LearningCurve

    @cached_property
    def sizes(self) -> list[int]:
        """How many examples each point learned from."""
        return [point.n_train for point in self.curve.points]

    @cached_property
    def measured(self) -> list[Estimate]:
        """What the curve's system reached at each point."""
        return [Estimate(*point.reached(self.curve.system)) for point in self.curve.points]

    @cached_property
    def law(self) -> Extrapolation:
        """The fit through all points."""
        return extrapolate(self.sizes, self.measured)

    @cached_property
    def forecast(self) -> Estimate:
        """What the points up to half of the examples predict for all of them."""
        half = extrapolate(self.sizes[:_HALF], self.measured[:_HALF])
        return half.predict(self.sizes[-1])

    @property
    def doubled(self) -> Estimate:
        """What as many examples again would add."""
        return self.law.gain(self.sizes[-1], self.sizes[-1])

    @property
    def ahead(self) -> Interval:
        """The curve's system minus the best baseline, where both learned from everything."""
        return Interval(**self.curve.ahead)

    @cached_property
    def overtakes(self) -> float | None:
        """The size at which the curve reaches what the baseline has now, within ten times."""
        baseline = self.curve.points[-1].systems[self.curve.baseline][0]
        return self.law.reaches(baseline)


def say_curve(outcome: CurveOutcome, language: str) -> list[str]:
    """The curve in sentences: trend, baseline, and how well half of it predicted the whole."""
    curve = outcome.curve
    metric = name_of(f"metrics.{curve.primary_metric}", language, curve.primary_metric)
    names = {
        "metric": metric,
        "system": name_of(f"systems.{curve.system}", language, curve.system),
        "baseline": name_of(f"systems.{curve.baseline}", language, curve.baseline),
        "n": f"{outcome.sizes[-1]:,}",
    }
    trend = say(f"curve.{outcome.law.trend}", language, **names, gain=gain_text(outcome.doubled))
    forecast = say(
        "curve.forecast",
        language,
        **names,
        half=f"{outcome.sizes[_HALF - 1]:,}",
        predicted=estimate_text(outcome.forecast),
        measured=f"{outcome.measured[-1].value:.3f}",
    )
    return [trend, _say_baseline(outcome, names, language), forecast]


def _say_baseline(outcome: CurveOutcome, names: dict[str, str], language: str) -> str:
    ahead = outcome.ahead
    interval = f"{ahead.delta:+.3f} [{ahead.low:+.3f}, {ahead.high:+.3f}]"
    text = say(f"curve.baseline_{ahead.verdict}", language, **names, interval=interval)
    if ahead.verdict == "better" or ahead.delta >= 0:
        return text
    size = outcome.overtakes
    code = "overtakes" if size else "never_overtakes"
    return " ".join([text, say(f"curve.{code}", language, size=f"{size or 0:,.0f}")]).strip()


def estimate_text(estimate: Estimate) -> str:
    """A figure with its 95 % interval: `0.812 [0.790, 0.834]`."""
    return f"{estimate.value:.3f} [{estimate.low:.3f}, {estimate.high:.3f}]"


def gain_text(estimate: Estimate) -> str:
    """A gain with its 95 % interval: `+0.012 [+0.004, +0.020]`."""
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"
