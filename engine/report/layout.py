"""Where everything of a report stands on its slides: nothing overflows, whatever it says.

Blocks flow from the top of a slide to its bottom; what has no room goes on the next, which has the
same title. Lengths are inches, sizes points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from engine.messages import say
from engine.report.content import Block, Chart, Claim, Page, Report, Table, Text
from engine.report.fit import POINTS, fit, height_of, width_of

WIDTH, HEIGHT = 13.333, 7.5
MARGIN = 0.6
TOP, BOTTOM = 1.4, 6.95
INNER = WIDTH - 2 * MARGIN
_TITLE, _TEXT, _SOURCE, _NAME, _CELL = 28, 16, 11, 14, 11.5
_GAP = 0.22
# A bar may get thinner so that a chart stays with what is said of it.
_CHART_HEIGHT, _BAR, _THIN_BAR, _AXIS = 2.9, 0.34, 0.18, 0.6
# Space within a cell, on both sides and above and below together.
CELL_X, CELL_Y = 0.2, 0.14
_MOST_CELL = 1.6


@dataclass(frozen=True)
class Line:
    """A paragraph in one size; `faint` is for what stands behind a claim."""

    text: str
    size: float
    bold: bool = False
    faint: bool = False


@dataclass(frozen=True)
class TextBox:
    """Paragraphs below each other."""

    left: float
    top: float
    width: float
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ChartBox:
    """A chart without its title, which is a text above it."""

    left: float
    top: float
    width: float
    height: float
    chart: Chart


@dataclass(frozen=True)
class TableBox:
    """A table with the widths of its columns and the heights of its rows, the head first."""

    left: float
    top: float
    widths: tuple[float, ...]
    heights: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    name: str
    size: float = _CELL


Box = TextBox | ChartBox | TableBox


@dataclass(frozen=True)
class Slide:
    """One slide: its title and what stands where; the first one of a report is its cover."""

    title: TextBox
    boxes: tuple[Box, ...]


def lay_out(report: Report) -> list[Slide]:
    """The slides of `report`: a cover, then those of every page."""
    title = _box(Line(report.title, 40, bold=True), MARGIN, 2.0, INNER, 2.0)
    subtitle = _box(Line(report.subtitle, 18, faint=True), MARGIN, 4.2, INNER, 1.6)
    slides = [Slide(title, (subtitle,))]
    for page in report.pages:
        slides += _slides_of(page, report.language)
    return [_numbered(slide, place, report) for place, slide in enumerate(slides, start=1)]


def _numbered(slide: Slide, number: int, report: Report) -> Slide:
    if number == 1:
        return slide
    text = f"{number} · {report.title}"
    return replace(
        slide, boxes=(*slide.boxes, _box(Line(text, 10, faint=True), MARGIN, 7.05, INNER, 0.3))
    )


def _slides_of(page: Page, language: str) -> list[Slide]:
    flow = _Flow()
    for block in page.blocks:
        flow.add(block)
    count = len(flow.slides)
    slides = []
    for place, boxes in enumerate(flow.slides, start=1):
        title = page.title
        if count > 1:
            title = say("report.part", language, title=title, place=place, parts=count)
        box = _box(Line(title, _TITLE, bold=True), MARGIN, 0.4, INNER, 0.95)
        slides.append(Slide(box, tuple(boxes)))
    return slides


def _box(line: Line, left: float, top: float, width: float, height: float) -> TextBox:
    """One paragraph in a box, smaller where it would not fit."""
    fitted = fit(line.text, width, height, line.size, max(line.size * 0.55, 9))
    return TextBox(left, top, width, height, (replace(line, text=fitted.text, size=fitted.size),))


@dataclass
class _Flow:
    """Fills slides from the top: `slides` hold the boxes, `top` is where the next one begins."""

    slides: list[list[Box]] = field(default_factory=lambda: [[]])
    top: float = TOP

    def add(self, block: Block) -> None:
        match block:
            case Text():
                name = [Line(block.name, _NAME, bold=True)] if block.name else []
                self._write([*name, Line(block.text, _TEXT)])
            case Claim():
                faint = not block.holds
                self._write(
                    [Line(block.text, _TEXT, faint=faint), Line(block.source, _SOURCE, faint=True)]
                )
            case Chart():
                self._draw(block)
            case Table():
                self._tabulate(block)

    def _room(self, height: float) -> None:
        """Begin another slide unless this one has room for `height`, or nothing else."""
        if self.top + height > BOTTOM and self.slides[-1]:
            self.slides.append([])
            self.top = TOP

    def _write(self, lines: Sequence[Line]) -> None:
        # A text longer than a slide gets smaller, and is cut at last.
        room = (BOTTOM - TOP) / len(lines)
        fitted = []
        for line in lines:
            one = fit(line.text, INNER, room, line.size, 10)
            fitted.append(replace(line, text=one.text, size=one.size))
        height = sum(height_of(line.text, line.size, INNER) for line in fitted)
        self._room(height)
        self.slides[-1].append(TextBox(MARGIN, self.top, INNER, height, tuple(fitted)))
        self.top += height + _GAP

    def _draw(self, chart: Chart) -> None:
        title = fit(chart.title, INNER, 0.75, _NAME, 11)
        note = fit(chart.note, INNER, 0.6, _SOURCE, 9) if chart.note else None
        least = wanted = _CHART_HEIGHT
        if chart.kind == "bars":
            bars = len(chart.categories) * len(chart.series)
            least, wanted = (max(_AXIS + bar * bars, 1.9) for bar in (_THIN_BAR, _BAR))
        above = height_of(title.text, title.size, INNER)
        below = height_of(note.text, note.size, INNER) + 0.05 if note else 0.0
        self._room(above + min(least, BOTTOM - TOP - above - below) + below)
        left = BOTTOM - self.top - above - below
        wanted = min(wanted if chart.kind == "bars" else max(wanted, min(left, 4.2)), left)
        boxes = self.slides[-1]
        line = Line(title.text, title.size, bold=True)
        boxes.append(TextBox(MARGIN, self.top, INNER, above, (line,)))
        boxes.append(ChartBox(MARGIN, self.top + above, INNER, wanted, chart))
        if note:
            line = Line(note.text, note.size, faint=True)
            boxes.append(
                TextBox(MARGIN, self.top + above + wanted + 0.05, INNER, below - 0.05, (line,))
            )
        self.top += above + wanted + below + _GAP

    def _tabulate(self, table: Table) -> None:
        widths = column_widths((table.head, *table.rows), _CELL, INNER)
        rows = [_fit_row(row, widths) for row in (table.head, *table.rows)]
        heights = [_row_height(row, widths) for row in rows]
        name = fit(table.name, INNER, 0.6, _NAME, 11)
        above = height_of(name.text, name.size, INNER) + 0.06
        for part in _parts(heights, above, BOTTOM - TOP, BOTTOM - self.top):
            self._room(above + heights[0] + sum(heights[row] for row in part))
            boxes = self.slides[-1]
            line = Line(name.text, name.size, bold=True)
            boxes.append(TextBox(MARGIN, self.top, INNER, above - 0.06, (line,)))
            kept = [0, *part]
            shown = tuple(rows[row] for row in kept)
            tall = tuple(heights[row] for row in kept)
            boxes.append(TableBox(MARGIN, self.top + above, widths, tall, shown, name.text))
            self.top += above + sum(tall) + _GAP


def _parts(
    heights: Sequence[float], above: float, whole: float, first: float
) -> Iterator[list[int]]:
    """The rows, from 1, of each slide that a table takes; the head stands on all of them."""
    start = above + heights[0]
    # What fits a slide of its own is not torn apart; of the rest, two rows at least begin here.
    total = start + sum(heights[1:])
    wanted = total if total <= whole else start + sum(heights[1:3])
    room = first if first >= wanted else whole
    part: list[int] = []
    taken = start
    for row, height in enumerate(heights[1:], start=1):
        if part and taken + height > room:
            yield part
            part, taken, room = [], start, whole
        part.append(row)
        taken += height
    yield part


def _fit_row(row: Sequence[str], widths: Sequence[float]) -> tuple[str, ...]:
    return tuple(
        fit(cell, width - CELL_X, _MOST_CELL, _CELL, _CELL).text
        for cell, width in zip(row, widths, strict=True)
    )


def _row_height(row: Sequence[str], widths: Sequence[float]) -> float:
    cells = zip(row, widths, strict=True)
    return max(height_of(cell, _CELL, width - CELL_X) for cell, width in cells) + CELL_Y


def column_widths(
    rows: Sequence[Sequence[str]], size: float, available: float
) -> tuple[float, ...]:
    """Widths that add up to `available`: as wide as the longest cell, or as even as need be."""
    natural = [
        max(width_of(line) for cell in column for line in cell.split("\n")) * size / POINTS
        + CELL_X
        + 0.02
        for column in zip(*rows, strict=True)
    ]
    total = sum(natural)
    if total <= available:
        return tuple(width * available / total for width in natural)
    # Columns that need less than an even share keep what they need; the others share the rest.
    share, left = available / len(natural), list(natural)
    while wide := [width for width in left if width > share]:
        rest = available - sum(width for width in left if width <= share)
        if abs(rest / len(wide) - share) < 1e-9:
            break
        share = rest / len(wide)
    return tuple(min(width, share) for width in natural)
