"""Any supported file as text: the one door through which a shop's files come in."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.errors import Problem
from engine.reading.child import parse_in_child
from engine.reading.format import TEXT_FORMATS, Parsed, is_packed, named_format, parse
from engine.reading.limits import check_size
from engine.settings import home

# Below this a text is parsed here and now: starting a process would take longer.
SMALL_BYTES = 1_000_000


@dataclass(frozen=True)
class RawTable:
    """A file as it stands, all text.

    `frame` holds the good records: string columns with unique names, blank cells missing, other
    cells as they are, spaces included. `rows[i]` is where record `i` stands in the file: the row
    that a spreadsheet shows (the header is row 1, a quoted cell of many lines is in one row), or
    the line of a JSON lines file, or the place in a JSON array or a Parquet file, from 1.
    `problems` lists the first bad records and the warnings; `rejected` counts all bad records.
    `encoding` is the Python codec of a text, `delimiter` that of a delimited one (None: one
    column), `format` is CSV (with any delimiter), Excel, JSON or Parquet.
    """

    frame: pd.DataFrame
    rows: pd.Series
    problems: list[Problem]
    rejected: int
    format: str
    encoding: str | None
    delimiter: str | None


def read_table(path: Path, *, name: str | None = None) -> RawTable:
    """Read the file at `path`; `name` is what the user calls it, its extension included.

    Formats and extensions are those of `engine.reading.format.EXTENSIONS`, texts also with `.gz`.
    Records that cannot be read are left out and listed. Raises InputError, its details naming file
    and row, if the file cannot be read at all or is beyond `engine.reading.limits`.
    """
    name = name or path.name
    check_size(path, name)
    with tempfile.TemporaryDirectory(prefix="reading-", dir=home()) as folder:
        scratch = Path(folder)
        parsed = (parse if _is_small_text(path, name) else parse_in_child)(path, name, scratch)
    return _to_raw(parsed)


def _is_small_text(path: Path, name: str) -> bool:
    small = path.stat().st_size <= SMALL_BYTES
    return small and named_format(name) in TEXT_FORMATS and not is_packed(path)


def _to_raw(parsed: Parsed) -> RawTable:
    return RawTable(
        frame=parsed.text.table.to_pandas(),
        rows=parsed.text.rows.to_pandas(),
        problems=parsed.text.problems,
        rejected=parsed.text.rejected,
        format=parsed.format,
        encoding=parsed.encoding,
        delimiter=parsed.delimiter,
    )
