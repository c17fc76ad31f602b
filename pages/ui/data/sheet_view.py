"""The sheet of a waiting file as it was read, where its sheet and its header row can be changed."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from engine.reading.columns import View
from engine.reading.layout import Place
from engine.reading.limits import HEADER_ROW
from engine.reading.load import Preview
from pages.ui.data.staging import Staged
from pages.ui.frame.i18n import t
from pages.ui.parts import tables

_MARK = "▶"


def choose_place(waiting: Staged, read: Callable[[Place], Preview]) -> Place:
    """Where the user says that the table is; `read` previews the file at a place.

    Raises InputError for a file that cannot be read.
    """
    view = read(Place()).view
    if view is None:
        return Place()
    unusual = view.header_row != 1 or len(view.sheets) > 1
    with st.expander(t("data.staged.sheet_title"), icon=":material/table_rows:", expanded=unusual):
        place = Place()
        if len(view.sheets) > 1:
            place = _choose_sheet(waiting, view)
            view = read(place).view or view
        header_row = st.number_input(
            t("data.staged.header_row"),
            min_value=0,
            max_value=HEADER_ROW,
            value=view.header_row,
            help=t("data.staged.header_row_help"),
            key=f"header_{waiting.upload}_{view.sheet}",
            persist_state="session",
            width=220,
        )
        if header_row != view.header_row:
            place = Place(sheet=place.sheet, header_row=header_row)
        _show(waiting, view, header_row)
    return place


def _choose_sheet(waiting: Staged, view: View) -> Place:
    sheet = st.selectbox(
        t("data.staged.sheet"),
        view.sheets,
        index=view.sheets.index(view.sheet) if view.sheet in view.sheets else 0,
        key=f"sheet_{waiting.upload}",
        persist_state="session",
        width=220,
    )
    return Place() if sheet == view.sheet else Place(sheet=sheet)


def _show(waiting: Staged, view: View, header_row: int) -> None:
    """The first rows with their numbers, the header marked."""
    width = max((len(cells) for _, cells in view.rows), default=0)
    rows = [
        {
            "mark": _MARK if number == header_row else "",
            "row": number,
            **{str(column): cells[column] for column in range(len(cells))},
        }
        for number, cells in view.rows
    ]
    labels = {"mark": "", "row": t("data.staged.row")}
    labels |= {str(column): str(column + 1) for column in range(width)}
    tables.show(
        pd.DataFrame(rows).fillna(""),
        labels=labels,
        alt=t("data.staged.sheet_title"),
        height=260,
        key=f"sheet_rows_{waiting.upload}",
    )
