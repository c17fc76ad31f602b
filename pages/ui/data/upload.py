"""Uploading a file: which table it is, the template, and what the columns mean."""

import pandas as pd
import streamlit as st

from engine.reading.limits import FILE_BYTES
from engine.tables.schema import TABLES
from pages.ui.data import report, staging
from pages.ui.frame import session, upload_limit
from pages.ui.frame.i18n import t
from pages.ui.parts import download, tables
from pages.ui.parts.tables import table_name

_TURN = "upload_turn"


def add_file() -> None:
    """Choose the table, upload its file, or get the template and read what the columns mean."""
    st.header(t("data.add.title"), anchor=False)
    names = {table: table_name(table) for table in TABLES}
    table = st.segmented_control(
        t("data.add.table"),
        list(names),
        default="products",
        required=True,
        format_func=names.__getitem__,
        key="add_table",
    )
    table = table if table in TABLES else "products"
    st.caption(t(f"data.tables.{table}.about"))
    left, right = st.columns([3, 1], gap="medium", vertical_alignment="bottom")
    with left:
        turn = st.session_state.get(_TURN, 0)
        upload_limit.say_if_full(FILE_BYTES // 1_000_000)
        st.file_uploader(
            t("data.add.upload"),
            max_upload_size=FILE_BYTES // 1_000_000,
            help=t("data.add.upload_help", size=FILE_BYTES // 1_000_000),
            key=f"upload_{table}_{turn}",
            on_change=_keep_upload,
            args=(table, f"upload_{table}_{turn}"),
        )
    with right:
        fields = TABLES[table].fields
        example = {field.name: [t(f"data.fields.{field.name}.example")] for field in fields}
        download.offer(
            pd.DataFrame(example),
            t("data.add.template"),
            t("data.add.template_name", table=table),
            key=f"template_{table}",
        )
    with st.expander(t("data.add.fields"), icon=":material/menu_book:"):
        _explain_fields(table)


def _keep_upload(table: str, key: str) -> None:
    """Write an upload to the workspace at once: the browser's own copy goes with the session."""
    upload = st.session_state.get(key)
    if upload is None:
        return
    staging.stage(session.begin(), table, upload.name, upload)
    upload_limit.release(upload)
    # A new key drops the widget.
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    report.forget()


def _explain_fields(table: str) -> None:
    """The data dictionary of `table`."""
    rows = [
        {
            "field": tables.column_name(field.name),
            "name": field.name,
            "meaning": t(f"data.fields.{field.name}.about"),
            "required": t("data.add.yes" if field.required else "data.add.no"),
            "example": t(f"data.fields.{field.name}.example"),
        }
        for field in TABLES[table].fields
    ]
    labels = {name: t(f"data.add.{name}") for name in ("field", "meaning", "required", "example")}
    tables.show(
        pd.DataFrame(rows),
        labels=labels | {"name": "CSV"},
        alt=t("data.add.fields"),
        height="content",
        key=f"dictionary_{table}",
    )
