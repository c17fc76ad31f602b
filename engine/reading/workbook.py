"""Reads Excel workbooks, which must only be parsed in the limited child process."""

import datetime
import itertools
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import python_calamine as calamine

from engine.reading.columns import TextColumns, number_to_text
from engine.reading.encoding import CHUNK
from engine.reading.headers import count_names
from engine.reading.layout import TOP_ROWS, Layout, Merge, Place, Row, find_layout
from engine.reading.limits import check_unpacked, refuse

EXCEL_DIGITS = 15
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_ERROR_CELL = b' t="e"'
Cell = (
    str
    | int
    | float
    | bool
    | datetime.date
    | datetime.time
    | datetime.timedelta  # datetime is a date
)


def parse_workbook(path: Path, columns: TextColumns, place: Place) -> None:
    """Read a visible sheet that is not empty into `columns`; rows are those of the sheet.

    Of several sheets, it is the one that `place` names or that has the most names of columns of its
    table, else the first. Raises InputError if the workbook cannot be read at all, or has no such
    sheet.
    """
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            sheet, names = _choose_sheet(book, columns, place)
            _parse_sheet(sheet, names, columns, place)
        if errors := _count_errors(path):
            columns.warn("error_cells", count=errors)
    except calamine.PasswordError as error:
        raise refuse("password", columns.name) from error
    except calamine.CalamineError as error:
        raise refuse("damaged", columns.name, format="Excel") from error


def check_archive(path: Path, name: str) -> None:
    """Raise InputError unless the zip file at `path` is a workbook within the limits."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise refuse("damaged", name, format="Excel") from error
    if not any(member.filename.startswith("xl/") for member in members):
        raise refuse("other_archive", name)
    unpacked = sum(member.file_size for member in members)
    check_unpacked(path.stat().st_size, unpacked, name)


def _count_errors(path: Path) -> int:
    """How many cells of an .xlsx file hold an error such as #N/A, which calamine reads as empty."""
    if not zipfile.is_zipfile(path):
        return 0
    count = 0
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if _SHEET.fullmatch(member):
                with archive.open(member) as file:
                    rest = b""
                    while chunk := file.read(CHUNK):
                        count += (rest + chunk).count(_ERROR_CELL)
                        rest = chunk[1 - len(_ERROR_CELL) :]
    return count


def check_compound(path: Path, name: str) -> None:
    """Raise InputError if the old Office file at `path` has an encrypted workbook."""
    if ENCRYPTED_STREAM in path.read_bytes():
        raise refuse("password", name)


def _choose_sheet(
    book: calamine.CalamineWorkbook, columns: TextColumns, place: Place
) -> tuple[calamine.CalamineSheet, list[str]]:
    """The sheet to read, and the names of all that could be read."""
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet
        and meta.visible == calamine.SheetVisibleEnum.Visible
    ]
    sheets = [book.get_sheet_by_name(name) for name in visible]
    filled = {sheet.name: sheet for sheet in sheets if sheet.height}
    if not filled:
        raise refuse("empty", columns.name)
    names = list(filled)
    if place.sheet is not None and place.sheet not in filled:
        raise refuse("no_sheet", columns.name, sheet=place.sheet, sheets=", ".join(names))
    chosen = place.sheet or max(names, key=lambda name: _names_in(filled[name], place.table))
    if len(filled) > 1 and not place.sheet:
        ignored = ", ".join(name for name in names if name != chosen)
        columns.warn("other_sheets", sheet=chosen, ignored=ignored)
    return filled[chosen], names


def _names_in(sheet: calamine.CalamineSheet, table: str | None) -> int:
    """The most names of columns of `table` in a row at the top of the sheet."""
    if table is None:
        return 0
    top = itertools.islice(sheet.iter_rows(), TOP_ROWS)
    return max((count_names(map(_to_text, cells), table) for cells in top), default=0)


def _parse_sheet(
    sheet: calamine.CalamineSheet, names: list[str], columns: TextColumns, place: Place
) -> None:
    merges = sheet.merged_cell_ranges or []
    rows = _fill_down(_rows(sheet), merges)
    top = list(itertools.islice(rows, max(TOP_ROWS, place.header_row or 0)))
    layout = find_layout(top, place, merges)
    if layout is None:
        if place.header_row is not None:
            raise refuse("no_header_row", columns.name, place.header_row)
        # A sheet that begins with so many blank rows is a plain one.
        first, cells = next(row for row in rows if any(row[1]))
        layout, top = Layout(list(cells), first, first + 1), []
    columns.set_layout(layout, top, sheet.name, names)
    for row, cells in itertools.chain(top, rows):
        if row >= layout.first_row:
            columns.append(row, cells)


def _rows(sheet: calamine.CalamineSheet) -> Iterator[Row]:
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        yield row, [_to_text(cell) for cell in cells]


def _fill_down(rows: Iterable[Row], merges: Sequence[Merge]) -> Iterator[Row]:
    """The rows with the value of a cell merged over several of them in each of these."""
    starts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (top, left), (bottom, right) in merges:
        if bottom > top and left == right:
            starts[top + 1].append((left, bottom + 1))
    values: dict[int, tuple[str, int]] = {}
    for row, cells in rows:
        for column, last in starts.get(row, ()):
            if column < len(cells):
                values[column] = cells[column], last
        if values:
            full = list(cells)
            for column, (value, last) in list(values.items()):
                if row > last:
                    del values[column]
                elif not full[column]:
                    full[column] = value
            cells = full
        yield row, cells


def _to_text(cell: Cell) -> str:
    """The cell as a person would have typed it."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return number_to_text(cell, EXCEL_DIGITS)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
