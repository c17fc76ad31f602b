"""Tables of what users brought: shown as plain text, never as Markdown or HTML."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.errors import Problem
from engine.tables.schema import TABLES
from pages.ui.frame.i18n import language, t

MOST_ROWS = 1000
_LONG = 300
_PROBLEM_WIDTHS = {"severity": 70, "file": 120, "row": 70, "column": 130, "message": 490}


def show(
    frame: pd.DataFrame,
    *,
    alt: str,
    rows: int | None = None,
    labels: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    height: int | Literal["auto", "stretch", "content"] = "auto",
    row_height: int | None = None,
    key: str | None = None,
) -> None:
    """Show the first rows of `frame` as text, which are the first of `rows` if that is given.

    `labels` are column headings in the user's language; a column of the schema without one gets
    its own. `config` takes `st.column_config` objects for columns that are more than text, such as
    numbers. Headings and long cells are cut, so that a hostile one cannot freeze the browser. Text
    wraps in rows of a `row_height` (pixels).
    """
    head = frame.head(MOST_ROWS)
    columns = {str(name): _heading(str(name), labels or {}) for name in head.columns}
    plain = head.apply(_plain)
    st.dataframe(
        plain,
        hide_index=True,
        column_config={**columns, **(config or {})},
        height=height,
        row_height=row_height,
        placeholder="",
        key=key,
        alt=alt,
    )
    all_rows = len(frame) if rows is None else rows
    if all_rows > MOST_ROWS:
        st.caption(t("app.tables.first_rows", shown=MOST_ROWS, rows=f"{all_rows:,}"))


def column_name(field: str) -> str:
    """The name of a schema column in the user's language; any other name stays as it is."""
    in_schema = any(field in table.columns for table in TABLES.values())
    return t(f"data.fields.{field}.name") if in_schema else field


def table_name(table: str) -> str:
    """The name of a table in the user's language."""
    return t(f"data.tables.{table}.name")


def show_problems(problems: Sequence[Problem]) -> None:
    """Every problem with where it is and how to fix it."""
    rows = [
        {
            "severity": t(f"app.tables.{problem.severity}"),
            "file": problem.file,
            "row": problem.row,
            "column": problem.column,
            "message": problem.message(language()),
        }
        for problem in problems
    ]
    labels = {name: t(f"app.tables.{name}") for name in _PROBLEM_WIDTHS}
    listed = pd.DataFrame(rows, columns=list(labels)).dropna(axis="columns", how="all")
    if listed["file"].nunique() == 1:
        listed = listed.drop(columns="file")
    widths = {
        name: st.column_config.Column(labels[name], width=width)
        for name, width in _PROBLEM_WIDTHS.items()
        if name in listed
    }
    show(listed, labels=labels, alt=t("app.tables.problems"), config=widths, row_height=58)


def _heading(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(name) or column_name(name)[:_LONG]


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    return column.map(lambda value: value if pd.isna(value) else str(value)[:_LONG])
