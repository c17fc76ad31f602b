from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from engine.errors import InputError
from engine.reading.limits import FILE_BYTES
from engine.reading.load import LoadReport, load_files
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from pages.ui.data import loading, staging
from pages.ui.data.mapping_editor import edit_mapping
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import download, tables
from pages.ui.training.readiness import show_cards

shell.require_frame()

REPORT = "load_report"


def table_name(table: str) -> str:
    """What the user calls `table`."""
    return t(f"data.tables.{table}.name")


def add_file() -> None:
    """Choose the table, bring its file, or take the template and read what the columns mean."""
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
        turn = st.session_state.get("upload_turn", 0)
        st.file_uploader(
            t("data.add.upload"),
            max_upload_size=FILE_BYTES // 1_000_000,
            help=t("data.add.upload_help", size=FILE_BYTES // 1_000_000),
            key=f"upload_{table}_{turn}",
            on_change=keep_upload,
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
        explain_fields(table)


def keep_upload(table: str, key: str) -> None:
    """Write an upload to the workspace at once: the browser's own copy goes with the session."""
    upload = st.session_state.get(key)
    if upload is None:
        return
    staging.stage(session.begin(), table, upload.name, upload)
    # A new key drops the widget, and with it the upload in memory.
    st.session_state["upload_turn"] = st.session_state.get("upload_turn", 0) + 1
    st.session_state.pop(REPORT, None)


def explain_fields(table: str) -> None:
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


def check_and_load(current: Workspace, waiting: dict[str, staging.Staged]) -> None:
    """Every waiting file with its mapping, then the load of all of them at once."""
    st.header(t("data.staged.title"), anchor=False)
    maps: dict[str, dict[str, str]] = {}
    for table, file in waiting.items():
        with st.container(border=True, key=f"staged_{table}"):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                title = t("data.staged.file", table=table_name(table), name=escape(file.name))
                st.markdown(f"**{title}**", width="content")
                if st.button(t("data.staged.discard"), type="tertiary", key=f"discard_{table}"):
                    staging.discard(current, table)
                    st.rerun()
            try:
                maps[table] = edit_mapping(file)
            except InputError as error:
                st.markdown(t("data.staged.unreadable"))
                shell.show_error(error)
    if not maps:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        pressed = st.button(
            t("data.staged.load"), type="primary", icon=":material/download_done:", key="load"
        )
        keep_good = st.checkbox(
            t("data.staged.keep_good"), help=t("data.staged.keep_good_help"), key="keep_good"
        )
    if pressed:
        load(current, {table: waiting[table] for table in maps}, maps, keep_good)


def load(
    current: Workspace,
    files: dict[str, staging.Staged],
    maps: dict[str, dict[str, str]],
    keep_good: bool,
) -> None:
    """Load all files or none, and show what was found."""
    try:
        with loading.shown_status():
            st.session_state[REPORT] = load_files(
                current,
                {table: file.path for table, file in files.items()},
                maps,
                keep_good,
                loading.Bar(),
                names={table: file.name for table, file in files.items()},
            )
    except InputError as error:
        shell.show_error(error)
        st.caption(t("data.report.failed"))
        return
    for table in files:
        staging.discard(current, table)
    loading.warm_up(current)
    st.rerun()


def show_report(report: LoadReport) -> None:
    """What became of each file of the last load."""
    for table, found in report.tables.items():
        st.success(
            t(
                "data.report.loaded",
                table=table_name(table),
                kept=f"{found.kept:,}",
                rows=f"{found.rows:,}",
                rejected=f"{found.rejected:,}",
            ),
            icon=":material/check_circle:",
        )
        if found.problems:
            label = t("data.report.problems", table=table_name(table), n=len(found.problems))
            with st.expander(label, icon=":material/rule:"):
                tables.show_problems(found.problems)


def show_current(current: Workspace) -> None:
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
        frame = session.tables(current)[table]
        file_name = t("data.current.download_name", table=table)
        download.offer(frame, t("data.current.download"), file_name, key=f"download_{table}")
        if current.can_undo and st.button(
            t("data.current.undo"), icon=":material/undo:", key="undo_load"
        ):
            current.undo_load()
            st.session_state.pop(REPORT, None)
            st.toast(t("data.current.undone"))
            st.rerun()
    tables.show(
        frame,
        alt=t("data.current.rows_of", table=table_name(table)),
        height=320,
        key=f"rows_of_{table}",
    )


shell.heading("data")
workspace = session.workspace()
add_file()
if workspace is not None:
    if waiting := staging.staged(workspace):
        check_and_load(workspace, waiting)
    if REPORT in st.session_state:
        show_report(st.session_state[REPORT])
    st.header(t("data.ready.title"), anchor=False)
    if "products" in workspace.about_tables():
        show_cards(workspace)
    else:
        st.caption(t("data.ready.empty"))
    show_current(workspace)
