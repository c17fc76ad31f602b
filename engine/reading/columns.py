"""Collects a file's records as text columns, whatever its format."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from mmap import mmap

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import InputError, Problem
from engine.reading import limits
from engine.reading.coding import (
    LEAST_ROWS,
    THREADS,
    blank_to_missing,
    code,
    map_distinct,
    repeating,
)
from engine.reading.layout import Layout, Row, show
from engine.reading.limits import refuse
from engine.reading.totals import is_note, is_total, may_be_total

BATCH_ROWS = 20_000
WHOLE_BELOW = 1e18  # larger numbers have more digits than a double
LAST_ROWS = 20  # notes stand in the last rows of a sheet


@dataclass(frozen=True)
class View:
    """How a sheet was read: its name among the `sheets` of a workbook, its header, its first rows.

    `header_row` counts from 1 and is 0 for a sheet without a header. Each of `rows` has its number.
    """

    sheet: str | None
    sheets: list[str]
    header_row: int
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class TextTable:
    """A file's records as text; `rows[i]` is the position in the file of record `i` of `table`.

    All columns of `table` have unique, non-empty names and are strings, or those of a large file
    dictionaries of strings where cells repeat (`engine.reading.coding`). `problems` lists the first
    `limits.LISTED_PROBLEMS` bad rows and the warnings; `rejected` counts all bad rows, `left_out`
    those that are no records: totals and notes. `view` is None for files without sheets or rows of
    names, such as Parquet. `pages` is the file that the table lies in, if it lies in one.
    """

    table: pa.Table
    rows: pa.ChunkedArray
    problems: list[Problem]
    rejected: int
    left_out: int = 0
    view: View | None = None
    pages: mmap | None = None


def say_nothing(_share: float) -> None:
    """Nobody waits to be told how much of a file is read."""


@dataclass
class TextColumns:
    """Collects the records of the file that the user calls `name`.

    The header is set before the first record and may grow. Cells missing at the end of a record are
    empty. `table` is what the file is read for, if that is known, and `tell` is told what share of
    the file is read, as far as its format says.
    """

    name: str
    table: str | None = None
    tell: Callable[[float], None] = say_nothing
    header: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rejected: int = 0
    left_out: int = 0
    view: View | None = None
    _is_sheet: bool = False
    _cells: list[Sequence[str | None]] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _chunks: list[pa.Table] = field(default_factory=list)
    _rows: list[pa.Array] = field(default_factory=list)
    _count: int = 0
    _coded: frozenset[str] | None = None

    def set_header(self, cells: Sequence[str]) -> None:
        """Set the column names. Raises InputError if there are too many or one is too long."""
        for position, cell in enumerate(cells, start=1):
            if len(cell) > limits.NAME_CHARACTERS:
                limit = limits.NAME_CHARACTERS
                raise refuse("long_column_name", self.name, position=position, limit=limit)
        if len(cells) > limits.COLUMNS:
            raise refuse("too_many_columns", self.name, columns=len(cells), limit=limits.COLUMNS)
        if len(cells) > len(self.header):
            self._flush()
        self.header = [cell.strip().strip("\ufeff").strip() for cell in cells]

    def set_layout(
        self,
        layout: Layout,
        top: Sequence[Row],
        sheet: str | None = None,
        sheets: Sequence[str] = (),
    ) -> None:
        """Set the column names of a sheet that begins with the rows `top`."""
        self._is_sheet = True
        self.set_header(layout.header)
        self.view = View(sheet, list(sheets), layout.header_row, show(top))
        if layout.header_row == 0:
            self.warn("no_header", row=layout.first_row)
        elif any(any(cells) for number, cells in top if number < layout.header_row - 1):
            self.warn("header_below", header=layout.header_row)
        for number, cells in top:
            if 0 < layout.header_row < number < layout.first_row and any(cells):
                self.leave_out(number, cells)

    def append(self, row: int, cells: Sequence[str | None]) -> None:
        """Add the record at `row` of the file, with a cell for each column of the header."""
        self._cells.append(cells)
        self._numbers.append(row)
        if len(self._cells) == BATCH_ROWS:
            self._flush()

    def append_arrays(self, rows: Sequence[int], arrays: Sequence[pa.Array]) -> None:
        """Add many records at once, as an array for each column of the header.

        The arrays are strings, or dictionaries of strings.
        """
        self._flush()
        names = [str(position) for position in range(len(arrays))]
        chunk = pa.Table.from_arrays(list(arrays), names=names)
        self._chunks.append(chunk if self._coded is None else code(chunk, self._coded))
        # A list of millions of numbers would take longer than to read their rows.
        numbers = np.arange(rows.start, rows.stop) if isinstance(rows, range) else rows
        self._rows.append(pa.array(numbers, pa.int64()))
        self._count += len(rows)
        if self._coded is None and self._count >= LEAST_ROWS:
            self._coded = repeating(self._chunks)
            self._chunks = [code(chunk, self._coded) for chunk in self._chunks]
        if self._count > limits.most_rows(self.table):
            raise refuse("too_many_rows", self.name, limit=limits.most_rows(self.table))

    @property
    def coded(self) -> Collection[int]:
        """The places of the columns to code from here on: all, until it shows which repeat."""
        places = range(len(self.header))
        return places if self._coded is None else frozenset(map(int, self._coded))

    def reject(self, row: int, code: str, column: str | None = None, **params: object) -> None:
        """Leave out the record at `row` for the reason `code`."""
        self.rejected += 1
        if self.rejected <= limits.LISTED_PROBLEMS:
            problem = Problem(f"reader.{code}", self.name, row, column, params)
            self.problems.append(problem)

    def leave_out(self, row: int, cells: Sequence[str | None]) -> None:
        """Leave out the row, which is a total or a note; the first one is named."""
        self.left_out += 1
        if self.left_out == 1:
            text = " | ".join(cell for cell in cells if cell)
            self.warn("not_a_record", row=row, value=text[: limits.SHOWN_CHARACTERS])

    def warn(
        self, code: str, column: str | None = None, row: int | None = None, **params: object
    ) -> None:
        """Warn the user of something that costs no record."""
        self.problems.append(
            Problem(f"reader.{code}", self.name, row, column, params, severity="warning")
        )

    def finish(self) -> TextTable:
        """All records except blank ones, with blank cells missing.

        Raises InputError if no record is left.
        """
        self._flush()
        if not self._count or not self.header:
            if self.rejected:
                raise InputError("reader.no_good_row", self.problems, file=self.name)
            raise refuse("header_only", self.name)
        columns = self._take_columns()
        used = [
            position
            for position, column in enumerate(columns)
            if self.header[position] or column.null_count < len(column)
        ]
        names = self._name_columns(used)
        table = pa.Table.from_arrays([columns[position] for position in used], names=names)
        rows = pa.chunked_array(self._rows, pa.int64())
        self._rows = []
        if all(column.null_count for column in table.columns):
            filled = reduce(pc.or_, [column.is_valid() for column in table.columns])
            table, rows = table.filter(filled), rows.filter(filled)
        if self._is_sheet and table.num_columns > 1:
            others = pa.array(self._others(table, rows), pa.int64())
            if len(others):
                kept = pc.invert(pc.is_in(pa.array(range(table.num_rows)), value_set=others))
                table, rows = table.filter(kept), rows.filter(kept)
        if not table.num_rows:
            raise refuse("header_only", self.name)
        if self.left_out > 1:
            self.warn("not_records", count=self.left_out)
        return TextTable(table, rows, self.problems, self.rejected, self.left_out, self.view)

    def _take_columns(self) -> list[pa.ChunkedArray]:
        """The columns with blank cells missing; nothing else holds them any more."""
        if self._coded is None:
            self._chunks = [code(chunk, ()) for chunk in self._chunks]
        columns = pa.concat_tables(self._chunks, promote_options="default").columns
        self._chunks = []
        with ThreadPoolExecutor(THREADS) as threads:
            # Of a large file, no two copies fit.
            filled = [threads.submit(blank_to_missing, columns.pop(0)) for _ in columns[:]]
            return [column.result() for column in filled]

    def _others(self, table: pa.Table, rows: pa.ChunkedArray) -> list[int]:
        """The rows that are no records but totals and notes; they are left out."""
        totals = {
            row
            for column in (table.column(0), table.column(table.num_columns - 1))
            for row in pc.indices_nonzero(map_distinct(column, may_be_total)).to_pylist()
        }
        last = range(max(0, table.num_rows - LAST_ROWS), table.num_rows)
        others = []
        for row in sorted(totals.union(last)):
            cells = [column[row].as_py() for column in table.columns]
            if is_note(cells) or (row in totals and is_total(cells, table)):
                others.append(row)
                self.leave_out(rows[row].as_py(), cells)
        return others

    def _flush(self) -> None:
        if self._cells:
            cells, numbers = self._cells, self._numbers
            self._cells, self._numbers = [], []
            arrays = [pa.array(column, pa.string()) for column in zip(*cells, strict=True)]
            self.append_arrays(numbers, arrays)

    def _name_columns(self, positions: list[int]) -> list[str]:
        names: list[str] = []
        nameless = self.view is not None and self.view.header_row == 0
        taken = {self.header[position] for position in positions}
        for position in positions:
            name = base = self.header[position] or f"column_{position + 1}"
            number = 1
            while name in names or (name != self.header[position] and name in taken):
                number += 1
                name = f"{base}_{number}"
            if not self.header[position] and not nameless:
                self.warn("unnamed_column", name, position=position + 1)
            elif name != base and not nameless:
                self.warn("repeated_column", name, given=base)
            names.append(name)
        return names


def number_to_text(number: float, digits: int = 17) -> str:
    """A number as a person would type it: integers without a point, others short but exact.

    `digits` is how many digits the source keeps; 17 are all of a double.
    """
    if number.is_integer() and abs(number) < WHOLE_BELOW:
        return str(int(number))
    return repr(number) if digits >= 17 else f"{number:.{digits}g}"
