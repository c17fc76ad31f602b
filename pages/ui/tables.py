"""Tables of what users brought: shown as plain text, never as Markdown or HTML."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.data.schema import TABLES
from engine.errors import Problem
from pages.ui.i18n import escape, language, t

MOST_ROWS = 1000
_LONG = 300


def show(
    frame: pd.DataFrame,
    *,
    alt: str,
    labels: Mapping[str, str] | None = None,
    config: Mapping[str, Any] | None = None,
    height: int | Literal["auto", "stretch", "content"] = "auto",
    key: str | None = None,
) -> None:
    """Show the first rows of `frame` as text.

    `labels` are column headings in the user's language; a column of the schema without one gets
    its own. `config` takes `st.column_config` objects for columns that are more than text, such as
    numbers. Headings and long cells are cut, so that a hostile one cannot freeze the browser.
    """
    head = frame.head(MOST_ROWS)
    columns = {str(name): _heading(str(name), labels or {}) for name in head.columns}
    plain = head.apply(_plain)
    st.dataframe(
        plain,
        hide_index=True,
        column_config={**columns, **(config or {})},
        height=height,
        key=key,
        alt=alt,
    )
    if len(frame) > MOST_ROWS:
        st.caption(t("app.tables.first_rows", shown=MOST_ROWS, rows=f"{len(frame):,}"))


def column_name(field: str) -> str:
    """The name of a schema column in the user's language; any other name stays as it is."""
    known = any(field in table.columns for table in TABLES.values())
    return t(f"data.fields.{field}.name") if known else field


def show_problems(problems: Sequence[Problem]) -> None:
    """Every problem with its place and its mend."""
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
    labels = {name: t(f"app.tables.{name}") for name in rows[0]} if rows else {}
    show(
        pd.DataFrame(rows).dropna(axis="columns", how="all"),
        labels=labels,
        alt=t("app.tables.problems"),
        config={"message": st.column_config.TextColumn(labels.get("message"), width="large")},
    )


def _heading(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(name) or escape(column_name(name)[:_LONG])


def _plain(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return column
    return column.map(lambda value: value if pd.isna(value) else str(value)[:_LONG])
