"""Downloads that a spreadsheet opens safely."""

import io
from collections.abc import Callable

import pandas as pd
import streamlit as st
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

# Excel holds no more in one cell.
_LONGEST_CELL = 32_000
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """`frame` as CSV for Excel: UTF-8 with a byte order mark.

    A text cell or column name that a spreadsheet would read as a formula gets a leading
    apostrophe, as OWASP advises against CSV injection; numbers stay numbers.
    """
    safe = frame.apply(lambda column: column.map(_disarm)).rename(columns=_disarm)
    text: str = safe.to_csv(index=False)
    return text.encode("utf-8-sig")


def _disarm(value: object) -> object:
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


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
        return _disarm(ILLEGAL_CHARACTERS_RE.sub(" ", value[:_LONGEST_CELL]))
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
