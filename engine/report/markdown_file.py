"""A report as Markdown with its charts and tables as CSV files, in one ZIP archive."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Sequence

from engine.report.content import Block, Chart, Claim, Report, Table, Text
from engine.text.formulas import disarm
from engine.text.markdown import escape_markdown

# A figure with its sign and interval is no formula, and an apostrophe would spoil it.
_FIGURE = re.compile(r"[-+\d.,%\[\] ]*")
REPORT = "report.md"


def write_archive(report: Report) -> bytes:
    """`report.md`, and a file for each chart and table: `data/<number>.csv`."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        text, files = write_markdown(report)
        archive.writestr(REPORT, text)
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def write_markdown(report: Report) -> tuple[str, dict[str, bytes]]:
    """The text of the report, and its CSV files by name."""
    parts = [f"# {escape_markdown(report.title)}", escape_markdown(report.subtitle)]
    files: dict[str, bytes] = {}
    for page in report.pages:
        parts.append(f"## {escape_markdown(page.title)}")
        for block in page.blocks:
            if isinstance(block, Chart | Table):
                name = f"data/{len(files) + 1:02}.csv"
                files[name] = _csv(block)
                parts += [*_block(block), f"[{name}]({name})"]
            else:
                parts += _block(block)
    return "\n\n".join(parts) + "\n", files


def _block(block: Block) -> list[str]:
    match block:
        case Text():
            name = f"**{escape_markdown(block.name)}** " if block.name else ""
            lines = [escape_markdown(line) for line in block.text.split("\n")]
            # Two spaces end a line of a paragraph.
            return [name + "  \n".join(lines)]
        case Claim():
            text = escape_markdown(block.text)
            text = text if block.holds else f"~~{text}~~"
            return [text, f"> {escape_markdown(block.source)}"]
        case Chart():
            rows = _rows(block)
            note = [escape_markdown(block.note)] if block.note else []
            return [f"**{escape_markdown(block.title)}**", _table(rows), *note]
        case Table():
            return [f"**{escape_markdown(block.name)}**", _table([block.head, *block.rows])]


def _rows(chart: Chart) -> list[Sequence[str]]:
    """A chart's numbers, with the ends of intervals in columns of their own."""
    head = [chart.value_name]
    columns: list[tuple[float, ...]] = []
    for one in chart.series:
        head += [one.name, *([f"{one.name} 2.5%", f"{one.name} 97.5%"] if one.low else [])]
        columns += [one.values, *([one.low, one.high] if one.low else [])]
    if len(chart.series) == 1:
        head[0] = ""
    rows = zip(chart.categories, *columns, strict=True)
    return [head, *([str(name), *map(chart.number, values)] for name, *values in rows)]


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    cells = [[cell if cell == "---" else escape_markdown(cell) for cell in row] for row in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def _csv(block: Chart | Table) -> bytes:
    rows = _rows(block) if isinstance(block, Chart) else [block.head, *block.rows]
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([map(guard, row) for row in rows])
    return codecs.BOM_UTF8 + written.getvalue().encode()


def guard(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula; figures stay as they are."""
    return cell if _FIGURE.fullmatch(cell) else str(disarm(cell))
