"""How a file that was parsed passes from the child process to its parent.

The child leaves Arrow files with the text and a JSON file with the rest; nothing is pickled.
"""

import json
import mmap
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from engine.errors import InputError, Problem
from engine.reading.columns import TextTable, View
from engine.reading.format import Parsed

TABLE = "table.arrow"
ROWS = "rows.arrow"
OUTCOME = "outcome.json"


def write_parsed(parsed: Parsed, scratch: Path) -> None:
    """Leave a file's text in the folder `scratch` and, last of all, the outcome."""
    text = parsed.text
    write_arrow(text.table, scratch / TABLE)
    write_arrow(pa.table({"row": text.rows}), scratch / ROWS)
    outcome = {
        "problems": [asdict(problem) for problem in text.problems],
        "rejected": text.rejected,
        "left_out": text.left_out,
        "view": asdict(text.view) if text.view else None,
        "format": parsed.format,
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
    }
    (scratch / OUTCOME).write_text(json.dumps(outcome), encoding="utf-8")


def write_refusal(error: InputError, scratch: Path) -> None:
    """Leave in the folder `scratch` why a file cannot be read."""
    problems = [asdict(problem) for problem in error.details]
    outcome = {"code": error.code, "params": error.params, "problems": problems}
    (scratch / OUTCOME).write_text(json.dumps(outcome), encoding="utf-8")


def read_parsed(scratch: Path) -> Parsed | None:
    """What a child left in the folder `scratch`; None if it left no outcome.

    Raises the InputError for which the file was refused.
    """
    if not (scratch / OUTCOME).exists():
        return None
    outcome = json.loads((scratch / OUTCOME).read_text(encoding="utf-8"))
    problems = [Problem(**problem) for problem in outcome["problems"]]
    if "code" in outcome:
        raise InputError(outcome["code"], problems, **outcome["params"])
    rows = read_arrow(scratch / ROWS)[0].column(0)
    table, pages = read_arrow(scratch / TABLE)
    view = None
    if sheet := outcome["view"]:
        view = View(**{**sheet, "rows": [(row, cells) for row, cells in sheet["rows"]]})
    rejected, left_out = outcome["rejected"], outcome["left_out"]
    text = TextTable(table, rows, problems, rejected, left_out, view, pages)
    return Parsed(text, outcome["format"], outcome["encoding"], outcome["delimiter"])


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write a table as it lies in memory: the parent reads it back at once."""
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def read_arrow(path: Path) -> tuple[pa.Table, mmap.mmap]:
    """The table that `write_arrow` wrote, whose pages are read from the file as they are needed.

    Those that were read can be given back with `madvise`; they are read again if need be.
    """
    with path.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with pa.ipc.open_file(pa.py_buffer(pages)) as reader:
        return reader.read_all(), pages
