"""Reads Excel workbooks, which must only be parsed in the limited child process."""

import datetime
import zipfile
from pathlib import Path

import python_calamine as calamine

from engine.reading.columns import TextColumns, number_to_text
from engine.reading.limits import check_unpacked, refuse

EXCEL_DIGITS = 15
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
Cell = (
    str
    | int
    | float
    | bool
    | datetime.date
    | datetime.time
    | datetime.timedelta  # datetime is a date
)


def parse_workbook(path: Path, columns: TextColumns) -> None:
    """Read the first visible sheet that is not empty into `columns`; rows are those of the sheet.

    Raises InputError if the workbook cannot be read at all.
    """
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            _parse_sheet(_choose_sheet(book, columns), columns)
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


def check_compound(path: Path, name: str) -> None:
    """Raise InputError if the old Office file at `path` has an encrypted workbook."""
    if ENCRYPTED_STREAM in path.read_bytes():
        raise refuse("password", name)


def _choose_sheet(book: calamine.CalamineWorkbook, columns: TextColumns) -> calamine.CalamineSheet:
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.typ == calamine.SheetTypeEnum.WorkSheet
        and meta.visible == calamine.SheetVisibleEnum.Visible
    ]
    sheets = [book.get_sheet_by_name(name) for name in visible]
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        raise refuse("empty", columns.name)
    if len(filled) > 1:
        ignored = ", ".join(sheet.name for sheet in filled[1:])
        columns.warn("other_sheets", sheet=filled[0].name, ignored=ignored)
    return filled[0]


def _parse_sheet(sheet: calamine.CalamineSheet, columns: TextColumns) -> None:
    for row, cells in enumerate(sheet.iter_rows(), start=1):
        if columns.header:
            columns.append(row, [_to_text(cell) for cell in cells])
        elif any(cell != "" for cell in cells):
            columns.set_header([_to_text(cell) for cell in cells])


def _to_text(cell: Cell) -> str:
    """The cell as a person would have typed it."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return number_to_text(cell, EXCEL_DIGITS)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
