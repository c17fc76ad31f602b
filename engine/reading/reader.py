"""Reads any supported file as text: the one entry point for a shop's files."""

import mmap
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.errors import Problem
from engine.progress import Progress
from engine.reading.child import needs_child, parse_in_child
from engine.reading.columns import View
from engine.reading.distinct import to_frame
from engine.reading.format import TEXT_FORMATS, Parsed, is_feed, is_packed, named_format, parse
from engine.reading.layout import Place
from engine.reading.limits import HEADER_ROW, check_size, refuse
from engine.settings import SAMPLE_DATA
from engine.storage.scratch import scratch_folder


@dataclass(frozen=True)
class RawTable:
    """A file's records as text.

    `frame` has the good records in string columns with unique names; blank cells are missing, all
    others unchanged, including spaces. `rows[i]` is the position of record `i`: its row in a
    spreadsheet (the header is row 1, and a quoted cell may have several lines), its line in a JSON
    lines file, or its number in a JSON array, a Parquet file or an XML feed, from 1. `problems`
    lists the first bad records and the warnings; `rejected` counts all bad records, `left_out` rows
    that are none, such as totals. `view` shows how a sheet was read. `format` is CSV (with any
    delimiter), Excel, JSON, XML or Parquet, `encoding` the Python codec of a text file, and
    `delimiter` that of a delimited one (None for a single column). `pages` is where the texts of a
    file that was parsed in a child process lie.
    """

    frame: pd.DataFrame
    rows: pd.Series
    problems: list[Problem]
    rejected: int
    format: str
    encoding: str | None
    delimiter: str | None
    left_out: int = 0
    view: View | None = None
    pages: mmap.mmap | None = None

    def give_back(self) -> None:
        """Give back the memory of the texts that were read; they can be read again from the disk.

        Those of ten million events take half a gigabyte, and each column is read once.
        """
        if self.pages is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows has none
            self.pages.madvise(mmap.MADV_DONTNEED)


def read_table(
    path: Path,
    *,
    name: str | None = None,
    place: Place | None = None,
    progress: Progress | None = None,
) -> RawTable:
    """Read the file at `path`; `name` is what the user calls it, with its extension.

    `place` says what it is read for and, if the user knows, in which sheet and below which row.
    `progress` is told how much of a large file is read.

    Formats are those of `engine.reading.format.EXTENSIONS`; texts may also end in `.gz`. Records
    that cannot be read are left out and listed. Raises InputError, with file and row in its
    details, if the file cannot be read at all or is beyond `engine.reading.limits`.
    """
    name = name or path.name
    place = place or Place()
    if place.header_row is not None and not 0 <= place.header_row <= HEADER_ROW:
        raise refuse("no_header_row", name, place.header_row)
    check_size(path, name, place.table)
    with scratch_folder() as scratch:
        if _is_cheap(path, name, place):
            return _to_raw(parse(path, name, scratch, place))
        return _to_raw(parse_in_child(path, name, scratch, place, progress))


def _is_cheap(path: Path, name: str, place: Place) -> bool:
    """Whether a file costs this process little: a small text, or a sample that nobody brought."""
    if path.is_relative_to(SAMPLE_DATA):
        return True
    text = place.lines is not None or named_format(name) in TEXT_FORMATS
    return not needs_child(path) and text and not is_packed(path) and not is_feed(path)


def _to_raw(parsed: Parsed) -> RawTable:
    raw = RawTable(
        frame=to_frame(parsed.text.table),
        rows=parsed.text.rows.to_pandas(),
        problems=parsed.text.problems,
        rejected=parsed.text.rejected,
        left_out=parsed.text.left_out,
        view=parsed.text.view,
        pages=parsed.text.pages,
        format=parsed.format,
        encoding=parsed.encoding,
        delimiter=parsed.delimiter,
    )
    raw.give_back()
    return raw
