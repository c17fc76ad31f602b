"""The tables that are loaded: where each came from, its rows, and undo."""

from datetime import UTC, datetime
from functools import partial

import pandas as pd
import streamlit as st

from engine.storage.export import table_files, zipped_tables
from engine.storage.stored_frames import read_first
from engine.storage.summaries import MOST_HERE
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from pages.ui.data import report
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import download, loading, tables
from pages.ui.parts.tables import table_name


def show_loaded(current: Workspace) -> None:
    """What is loaded: where from, how many rows, the rows themselves, undo."""
    st.header(t("data.current.title"), anchor=False)
    about = current.about_tables()
    if not about:
        st.caption(t("data.current.empty"))
        return
    names = {name: table_name(name) for name in TABLES if name in about}
    listed = pd.DataFrame(
        {
            "table": list(names.values()),
            "source": [str(about[name].get("source", "")) for name in names],
            "rows": [about[name]["rows"] for name in names],
            "loaded": [
                datetime.fromtimestamp(float(str(about[name]["loaded"])), UTC) for name in names
            ],
        }
    )
    labels = {str(column): t(f"data.current.{column}") for column in listed}
    numbers = st.column_config.NumberColumn(labels["rows"], format="localized")
    times = st.column_config.DatetimeColumn(labels["loaded"], format="YYYY-MM-DD HH:mm")
    tables.show(
        listed,
        labels=labels,
        alt=t("data.current.title"),
        config={"rows": numbers, "loaded": times},
        key="current",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        table = st.selectbox(
            t("data.current.show"),
            list(names),
            format_func=names.__getitem__,
            key="shown",
            width=220,
        )
        rows = about[table]["rows"]
        with table_files(current) as files:
            head = read_first(files[table], tables.MOST_ROWS)
        if rows <= MOST_HERE:
            download.offer(
                partial(_whole, current, table),
                t("data.current.download"),
                t("data.current.download_name", table=table),
                key=f"download_{table}",
            )
        st.download_button(
            t("data.current.download_all"),
            partial(zipped_tables, current),
            file_name=f"{current.name}.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            key="download_tables",
            on_click="ignore",
        )
        if current.can_undo and st.button(
            t("data.current.undo"), icon=":material/undo:", key="undo_load"
        ):
            loading.undo_load(current)
            report.forget()
            st.toast(t("data.current.undone"))
            st.rerun()
    if rows > MOST_HERE:
        st.caption(t("data.current.too_long"))
    tables.show(
        head,
        rows=rows,
        alt=t("data.current.rows_of", table=table_name(table)),
        height=320,
        key=f"rows_of_{table}",
    )


def _whole(current: Workspace, table: str) -> pd.DataFrame:
    return session.tables(current)[table]
