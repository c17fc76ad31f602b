"""Reads delimited texts such as CSV and TSV."""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.reading import limits
from engine.reading.blocks import Blocks, Cells, read_clean
from engine.reading.columns import TextColumns
from engine.reading.dialect import SINGLE_COLUMN, find_dialect, fits_header
from engine.reading.encoding import FOREIGN, Encoding, find_encoding, read_blocks, read_lines
from engine.reading.layout import NUMBER, TOP_ROWS, Place, find_layout
from engine.reading.limits import refuse
from engine.reading.qrels import is_qrels, parse_qrels
from engine.reading.records import BrokenRecord, Dialect, Rewindable, read_records
from engine.reading.totals import is_note, is_total_label

SAMPLE_LINES = 2_000
SAMPLE_CHARACTERS = 200_000
LEAST_TOLD = 0.01  # of a file
_SEPARATOR = re.compile(r'\ufeff?"?sep=', re.IGNORECASE)  # Excel's own note of the delimiter
_WORD = re.compile(r"[^\W\d_]{2}")


def parse_delimited(path: Path, columns: TextColumns, place: Place) -> tuple[str, str | None]:
    """Read the file into `columns`; returns its encoding and its delimiter (None: one column).

    `engine.reading.layout` finds the header, unless `place` names its row. Rows are numbered as in
    a spreadsheet: a quoted cell may have several lines, and blank lines count. Raises InputError if
    the file cannot be read at all.
    """
    encoding = find_encoding(path, columns.name)
    if encoding.guessed:
        columns.warn("encoding_guessed", encoding=encoding.codec)
    sample, is_complete = _read_sample(path, encoding)
    sample = [line for line in sample if line.strip() and not _SEPARATOR.match(line)]
    if not sample:
        raise refuse("empty", columns.name)
    if place.table == "judgments" and place.header_row is None and is_qrels(sample):
        parse_qrels(path, encoding, columns)
        return encoding.codec, None
    dialect, fits = find_dialect(sample, is_complete, place.table)
    if not fits:
        raise refuse("wrong_delimiter", columns.name, delimiter=_show(dialect.delimiter))
    _parse(path, encoding, dialect, columns, place)
    return encoding.codec, None if dialect == SINGLE_COLUMN else dialect.delimiter


def _read_sample(path: Path, encoding: Encoding) -> tuple[list[str], bool]:
    sample: list[str] = []
    characters = 0
    for line in read_lines(path, encoding):
        if len(sample) == SAMPLE_LINES or characters > SAMPLE_CHARACTERS:
            return sample, False
        sample.append(line)
        characters += len(line)
    return sample, True


def _parse(
    path: Path, encoding: Encoding, dialect: Dialect, columns: TextColumns, place: Place
) -> None:
    with Blocks(_told(read_blocks(path, encoding), path, columns)) as blocks:
        _parse_blocks(blocks, encoding, dialect, columns, place)


def _parse_blocks(
    blocks: Blocks, encoding: Encoding, dialect: Dialect, columns: TextColumns, place: Place
) -> None:
    lines = Rewindable(blocks.lines(b""))
    reading = read_records(lines, dialect)
    records = enumerate(reading, start=1)
    filled = ((row, cells) for row, cells in records if not _is_preamble(cells))
    row, first = next(filled, (0, None))
    if first is None:
        raise refuse("empty", columns.name)
    if isinstance(first, BrokenRecord):
        raise refuse(first.code, columns.name, row, limit=limits.CELL_CHARACTERS)
    if FOREIGN.search("".join(first)):
        raise refuse("mixed_encoding", columns.name, row, encoding=encoding.codec.upper())
    begin = [(row, first), *itertools.islice(records, max(TOP_ROWS, place.header_row or 0))]
    top = [(row, cells) for row, cells in begin if not isinstance(cells, BrokenRecord)]
    layout = find_layout(top, place)
    if layout is None:
        raise refuse("no_header_row", columns.name, place.header_row)
    if FOREIGN.search("".join(layout.header)):
        codec = encoding.codec.upper()
        raise refuse("mixed_encoding", columns.name, layout.header_row, encoding=codec)
    columns.set_layout(layout, top)
    body = _Body(dialect, encoding, columns, place)
    for row, cells in begin:
        if row >= layout.first_row:
            body.add(row, cells)
    next_row = begin[-1][0] + 1
    width = len(layout.header)

    def read(part: bytes) -> Cells:
        return read_clean(part, dialect, width, columns.coded)

    while True:
        if blocks.at_border and lines.is_empty:
            block, arrays = blocks.take(read)
            if not block:
                return
            if arrays is not None:
                rows = range(next_row, next_row + len(arrays[0]))
                columns.append_arrays(rows, arrays)
                body.blank = body.ended = False
                next_row = rows.stop
                continue
            lines = Rewindable(blocks.lines(block))
            reading = read_records(lines, dialect)
        for cells in reading:
            body.add(next_row, cells)
            next_row += 1
            if blocks.at_border and lines.is_empty:
                break


def _told(blocks: Iterable[bytes], path: Path, columns: TextColumns) -> Iterator[bytes]:
    """The blocks of the text; those who wait for it are told what share of it was taken."""
    size, taken, told = path.stat().st_size, 0, 0.0
    for block in blocks:
        yield block
        taken += len(block)
        share = min(taken / size, 1.0)
        if share >= told + LEAST_TOLD or share == 1.0:
            columns.tell(share)
            told = share


@dataclass
class _Body:
    """The records below the header, which go to `columns` if they fit it.

    Reports of analytics tools have a second table below a `blank` line: with it the first one has
    `ended`. An `other` one as wide as the first has names where the records of the first have
    `numbers`, which are the positions of these.
    """

    dialect: Dialect
    encoding: Encoding
    columns: TextColumns
    place: Place
    broken: int = 0
    blank: bool = False
    ended: bool = False
    other: bool = False
    numbers: set[int] | None = None

    def add(self, row: int, cells: list[str] | BrokenRecord) -> None:
        columns, width = self.columns, len(self.columns.header)
        blank, self.blank = self.blank, False
        if isinstance(cells, BrokenRecord):
            self.broken += 1
            if self.broken > limits.BROKEN_QUOTES:
                raise refuse("broken_quotes", columns.name, row, limit=limits.BROKEN_QUOTES)
            columns.reject(row, cells.code, limit=limits.CELL_CHARACTERS)
        elif self.encoding.mixed and FOREIGN.search("".join(cells)):
            columns.reject(row, "mixed_encoding", encoding=self.encoding.codec.upper())
        elif (self.other and not _is_blank(cells)) or (blank and self._begins_other(cells)):
            self.other = True
            columns.leave_out(row, cells)
        elif len(cells) == width:
            self._note_numbers(cells)
            columns.append(row, cells)
            self.ended = False
        elif _is_blank(cells):
            self.blank = True
        elif fits_header(cells, width):
            columns.append(row, cells[:width])
        elif self.place.table and (self.ended or blank or _is_no_record(cells, width)):
            self.ended = self.ended or blank
            columns.leave_out(row, cells)
        else:
            code = "too_many_cells" if len(cells) > width else "too_few_cells"
            delimiter = _show(self.dialect.delimiter)
            columns.reject(row, code, cells=len(cells), columns=width, delimiter=delimiter)

    def _note_numbers(self, cells: list[str]) -> None:
        if self.place.table == "searches":
            numbers = {place for place, cell in enumerate(cells) if NUMBER.fullmatch(cell.strip())}
            self.numbers = numbers if self.numbers is None else self.numbers & numbers

    def _begins_other(self, cells: list[str]) -> bool:
        """Whether the cells are the names of another table with as many columns."""
        if len(cells) != len(self.columns.header) or not self.numbers:
            return False
        return all(_WORD.search(cells[place]) for place in self.numbers)


def _is_no_record(cells: list[str], width: int) -> bool:
    """Whether a row is a note, or a grand total that is said behind the last column."""
    if len(cells) == width + 1:
        return is_total_label(cells[-1])
    return len(cells) == 1 and is_note([*cells, *[None] * (width - 1)])


def _is_preamble(record: list[str] | BrokenRecord) -> bool:
    return not isinstance(record, BrokenRecord) and (
        _is_blank(record) or bool(_SEPARATOR.match(record[0]))
    )


def _is_blank(cells: list[str]) -> bool:
    return not any(cell.strip() for cell in cells)


def _show(delimiter: str) -> str:
    return {"\t": "tab"}.get(delimiter, delimiter)
