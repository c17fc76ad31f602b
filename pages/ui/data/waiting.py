"""The waiting files: mapping the columns of each, then loading them all at once."""

import streamlit as st

from engine.course.checks.shop import LOADED, OWN, shop_of
from engine.errors import InputError
from engine.reading.layout import Place
from engine.reading.load import load_files
from engine.storage.workspace import Workspace
from pages.ui.data import report, staging
from pages.ui.data.mapping_editor import edit_mapping
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import acts, loading
from pages.ui.parts.errors import show_error
from pages.ui.parts.tables import table_name


def check_and_load(current: Workspace, waiting: dict[str, staging.Staged]) -> None:
    """Show every waiting file with its mapping, and the button that loads them all at once."""
    st.header(t("data.staged.title"), anchor=False)
    maps: dict[str, dict[str, str]] = {}
    places: dict[str, Place] = {}
    for table, file in waiting.items():
        with st.container(border=True, key=f"staged_{table}"):
            with st.container(horizontal=True, horizontal_alignment="distribute"):
                title = t("data.staged.file", table=table_name(table), name=escape(file.name))
                st.markdown(f"**{title}**", width="content")
                if st.button(t("data.staged.discard"), type="tertiary", key=f"discard_{table}"):
                    staging.discard(current, file)
                    st.rerun()
            try:
                maps[table], places[table] = edit_mapping(file)
            except InputError as error:
                st.markdown(t("data.staged.unreadable"))
                show_error(error)
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
        _load(current, {table: waiting[table] for table in maps}, maps, places, keep_good)


def _load(
    current: Workspace,
    files: dict[str, staging.Staged],
    maps: dict[str, dict[str, str]],
    places: dict[str, Place],
    keep_good: bool,
) -> None:
    """Load all files or none, and keep the report."""
    before = shop_of(current)
    try:
        with loading.shown_status():
            cancel = st.empty()
            # Any button stops what runs; this one says so.
            cancel.button(
                t("data.staged.cancel"),
                icon=":material/close:",
                key="cancel_load",
                on_click=_say_cancelled,
            )
            report.keep(
                load_files(
                    current,
                    {table: file.path for table, file in files.items()},
                    maps,
                    keep_good,
                    loading.Bar(),
                    names={table: file.name for table, file in files.items()},
                    places=places,
                )
            )
    except InputError as error:
        cancel.empty()
        show_error(error)
        st.caption(t("data.report.failed"))
        return
    acts.note(current, LOADED, shop=OWN, before=before)
    for file in files.values():
        staging.discard(current, file)
    if "products" in files:
        loading.show_sample_pictures(current)
    loading.warm_up(current)
    st.rerun()


def _say_cancelled() -> None:
    st.toast(t("data.staged.cancelled"), icon=":material/info:")
