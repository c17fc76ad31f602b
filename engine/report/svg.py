"""Charts and slides as pictures of vectors, for the HTML file and for the preview on the page."""

import html
import math
from collections.abc import Sequence

from engine.report.content import Chart, Series
from engine.report.drawing import COLOURS, bar_labels, spans, step_colour
from engine.report.fit import LINE_HEIGHT, POINTS, width_of, wrap
from engine.report.layout import (
    CELL_X,
    HEIGHT,
    WIDTH,
    ChartBox,
    Slide,
    TableBox,
    TextBox,
)

_FONT = "font-family=\"Arial, 'Microsoft YaHei', 'PingFang SC', 'WenQuanYi Micro Hei', sans-serif\""
_SIZE = 11.0
_TICKS = 5


def slide_svg(slide: Slide) -> str:
    """A slide as it will read, on white."""
    width, height = WIDTH * POINTS, HEIGHT * POINTS
    parts = [f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>']
    for box in (slide.title, *slide.boxes):
        match box:
            case TextBox():
                parts.append(_text_box(box))
            case ChartBox():
                left, top = box.left * POINTS, box.top * POINTS
                inner = _chart(box.chart, box.width * POINTS, box.height * POINTS)
                parts.append(f'<g transform="translate({left:.1f} {top:.1f})">{inner}</g>')
            case TableBox():
                parts.append(_table_box(box))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" {_FONT}>{"".join(parts)}</svg>'
    )


def chart_svg(chart: Chart, width: float = 860, height: float = 0) -> str:
    """A chart in the colours of the page around it (`currentColor`), named for screen readers."""
    bars = len(chart.categories) * len(chart.series)
    height = height or (60 + 26 * bars if chart.kind == "bars" else 320)
    inner = _chart(chart, width, height, ink="currentColor")
    name = html.escape(chart.title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"'
        f' aria-label="{name}" {_FONT}>{inner}</svg>'
    )


def _text_box(box: TextBox) -> str:
    parts, top = [], box.top * POINTS
    for line in box.lines:
        colour = "#5f6b7a" if line.faint else "#1f2933"
        for text in wrap(line.text, box.width * POINTS / line.size):
            top += line.size * LINE_HEIGHT
            base = top - line.size * (LINE_HEIGHT - 1)
            parts.append(_text(text, box.left * POINTS, base, line.size, colour, bold=line.bold))
    return "".join(parts)


def _table_box(box: TableBox) -> str:
    parts, top = [], box.top * POINTS
    for place, (row, height) in enumerate(zip(box.rows, box.heights, strict=True)):
        head, left = place == 0, box.left * POINTS
        fill = "#257ed1" if head else "#f1f5f9" if place % 2 == 0 else "#ffffff"
        for cell, width in zip(row, box.widths, strict=True):
            size = (width * POINTS, height * POINTS)
            parts.append(_rect(left, top, *size, fill))
            lines = wrap(cell, (width - CELL_X) * POINTS / box.size)
            base = top + (size[1] - len(lines) * box.size * LINE_HEIGHT) / 2 + box.size
            for text in lines:
                colour = "#ffffff" if head else "#1f2933"
                parts.append(
                    _text(text, left + CELL_X * POINTS / 2, base, box.size, colour, bold=head)
                )
                base += box.size * LINE_HEIGHT
            left += size[0]
        top += height * POINTS
    return "".join(parts)


def _chart(chart: Chart, width: float, height: float, ink: str = "#1f2933") -> str:
    draw = {"bars": _bars, "steps": _steps, "lines": _lines}[chart.kind]
    return draw(chart, width, height, ink)


def _bars(chart: Chart, width: float, height: float, ink: str) -> str:
    labels = bar_labels(chart)
    names = min(max(width_of(label) for label in labels) * _SIZE + 12, 0.45 * width)
    axis = _Axis(_reach(chart.series), names, width - 16)
    bottom = height - 34
    parts = [axis.grid(0, bottom, ink, chart)]
    row = bottom / len(labels)
    thick = 0.66 * row / len(chart.series)
    for place, label in enumerate(labels):
        top = place * row
        parts.append(_text(label, names - 8, top + row / 2 + 4, _SIZE, ink, anchor="end"))
        for number, one in enumerate(chart.series):
            y = top + 0.17 * row + number * thick
            start, end = axis(0.0), axis(one.values[place])
            colour = f"#{COLOURS[number % len(COLOURS)]}"
            parts.append(_rect(min(start, end), y, abs(end - start), thick, colour))
            if one.low:
                low, high = axis(one.low[place]), axis(one.high[place])
                middle = y + thick / 2
                ends = (
                    (low, middle, high, middle),
                    *((x, middle - 4, x, middle + 4) for x in (low, high)),
                )
                parts += [_line(*each, ink) for each in ends]
    parts.append(
        _text(chart.value_name, (names + width) / 2, height - 4, _SIZE, ink, anchor="middle")
    )
    return "".join(parts)


def _steps(chart: Chart, width: float, height: float, ink: str) -> str:
    values = chart.series[0].values
    reached = spans(values)
    axis = _Axis([x for span in reached for x in span], height - 44, 14)
    left = 80.0
    column = (width - left - 10) / len(values)
    parts = [axis.rows(left, width - 10, ink, chart)]
    for place, (label, (start, end)) in enumerate(zip(bar_labels(chart), reached, strict=True)):
        x, high, low = left + place * column, axis(max(start, end)), axis(min(start, end))
        colour = step_colour(values[place], last=place == len(values) - 1)
        parts.append(_rect(x + 0.15 * column, high, 0.7 * column, max(low - high, 1), f"#{colour}"))
        for number, text in enumerate(wrap(label, column / 10)[:3]):
            middle = x + column / 2
            parts.append(_text(text, middle, height - 30 + 12 * number, 10, ink, anchor="middle"))
    return "".join(parts)


def _lines(chart: Chart, width: float, height: float, ink: str) -> str:
    axis = _Axis(_reach(chart.series), height - 34, 26)
    left, right = 80.0, width - 16
    step = (right - left) / max(len(chart.categories) - 1, 1)
    parts = [axis.rows(left, right, ink, chart)]
    shown = max(math.ceil(len(chart.categories) / 12), 1)
    for place in range(0, len(chart.categories), shown):
        x = left + place * step
        parts.append(_text(chart.categories[place], x, height - 16, 10, ink, anchor="middle"))
    for number, one in enumerate(chart.series):
        colour = f"#{COLOURS[number % len(COLOURS)]}"
        points = " ".join(f"{left + p * step:.1f},{axis(v):.1f}" for p, v in enumerate(one.values))
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>'
        )
        parts.append(_rect(left + number * 180, 4, 12, 10, colour))
        parts.append(_text(one.name, left + 18 + number * 180, 13, 10, ink))
    return "".join(parts)


def _reach(series: Sequence[Series]) -> list[float]:
    return [x for one in series for x in (*one.values, *one.low, *one.high)]


class _Axis:
    """Places values between two pixels, with room for zero and round marks."""

    def __init__(self, values: Sequence[float], first: float, last: float) -> None:
        low, high = min(0.0, *values), max(0.0, *values)
        span = (high - low) or 1.0
        power = 10.0 ** math.floor(math.log10(span / _TICKS))
        step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= _TICKS)
        self.low, self.high = math.floor(low / step) * step, math.ceil(high / step) * step
        self.marks = [self.low + n * step for n in range(round((self.high - self.low) / step) + 1)]
        self.first, self.last = first, last

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)

    def grid(self, top: float, bottom: float, ink: str, chart: Chart) -> str:
        """Upright lines with their values below."""
        parts = []
        for mark in self.marks:
            x = self(mark)
            parts.append(_line(x, top, x, bottom, ink, faint=True))
            label = _mark(mark, chart)
            parts.append(_text(label, x, bottom + 13, 10, ink, anchor="middle"))
        return "".join(parts)

    def rows(self, left: float, right: float, ink: str, chart: Chart) -> str:
        """Level lines with their values at the left."""
        parts = []
        for mark in self.marks:
            y = self(mark)
            parts.append(_line(left, y, right, y, ink, faint=True))
            parts.append(_text(_mark(mark, chart), left - 6, y + 3, 10, ink, anchor="end"))
        return "".join(parts)


def _mark(value: float, chart: Chart) -> str:
    return f"{value:,.{2 if chart.digits else 0}f}"


def _text(
    text: str, x: float, y: float, size: float, colour: str, *, bold: bool = False, anchor: str = ""
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    place = f' text-anchor="{anchor}"' if anchor else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}"{weight}{place}>'
        f"{html.escape(text)}</text>"
    )


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{colour}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, *, faint: bool = False) -> str:
    look = ' stroke-opacity="0.2"' if faint else ' stroke-width="1.4"'
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{ink}"{look}/>'
