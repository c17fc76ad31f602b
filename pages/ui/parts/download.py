"""Downloads that a spreadsheet opens safely."""

import codecs
import csv
import io
from collections.abc import Callable

import pandas as pd
import streamlit as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from engine.text.formulas import disarm

# Excel holds no more in one cell.
_LONGEST_CELL = 32_000
_BLOCK = 1_000  # rows


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """`frame` as CSV for Excel: UTF-8 with a byte order mark.

    A text cell or column name that a spreadsheet would read as a formula gets a leading
    apostrophe, as OWASP advises against CSV injection; numbers stay numbers. Every field is quoted,
    so that no part of one becomes a cell where a spreadsheet separates by `;` or tabs.
    """
    written = io.BytesIO()
    written.write(codecs.BOM_UTF8)
    # In blocks: of a wide catalog, one copy as Python's texts takes many times its size.
    for start in range(0, max(len(frame), 1), _BLOCK):
        block = frame.iloc[start : start + _BLOCK]
        safe = block.apply(lambda column: column.map(disarm)).rename(columns=disarm)
        safe.to_csv(written, index=False, header=not start, quoting=csv.QUOTE_ALL, mode="wb")
    return written.getvalue()


def xlsx_bytes(frame: pd.DataFrame) -> bytes:
    """`frame` as an Excel workbook of one sheet, guarded as `csv_bytes`."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_cell(name) for name in frame.columns])
    for row in frame.itertuples(index=False):
        sheet.append([_cell(value) for value in row])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return disarm(ILLEGAL_CHARACTERS_RE.sub(" ", value[:_LONGEST_CELL]))
    return None if pd.isna(value) else value  # type: ignore[call-overload]


def offer(
    frame: pd.DataFrame | Callable[[], pd.DataFrame], label: str, file_name: str, key: str
) -> None:
    """A button that downloads `frame`, or what it gives; the file is made when it is pressed.

    The name's ending decides the format: `.xlsx`, else CSV.
    """
    write, mime = (
        (xlsx_bytes, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        if file_name.endswith(".xlsx")
        else (csv_bytes, "text/csv")
    )
    st.download_button(
        label,
        lambda: write(frame() if callable(frame) else frame),
        file_name=file_name,
        mime=mime,
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
