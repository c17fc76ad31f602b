"""What native charts and pictures of them draw alike: labels, colours, the spans of a waterfall."""

from collections.abc import Sequence
from itertools import accumulate

from engine.report.content import Chart

# Those of the pages (`pages.ui.parts.charts.PALETTE`), the grey one last.
COLOURS = ("257ED1", "D9730D", "138756", "A63695", "7B8794")


def bar_labels(chart: Chart) -> list[str]:
    """The categories, with the value behind the name where there is one for each."""
    if len(chart.series) != 1:
        return list(chart.categories)
    pairs = zip(chart.categories, chart.series[0].values, strict=True)
    return [f"{name} · {chart.number(value)}" for name, value in pairs]


def spans(values: Sequence[float]) -> list[tuple[float, float]]:
    """From where to where each step of a waterfall goes; the last value is the sum."""
    ends = list(accumulate(values[:-1]))
    return [*zip([0.0, *ends], ends, strict=False), (0.0, values[-1])]


def step_colour(value: float, *, last: bool) -> str:
    """The colour of a step: up, down, or the sum."""
    return COLOURS[-1] if last else COLOURS[0] if value >= 0 else COLOURS[1]
