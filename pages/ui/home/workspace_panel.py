"""Managing the workspace: its name, undo, another shop, deletion."""

import streamlit as st

from engine.errors import InputError
from engine.messages import LANGUAGES
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace
from engine.tasks import TASKS
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import t
from pages.ui.parts import loading
from pages.ui.parts.errors import show_error


def show_panel(current: Workspace) -> None:
    """Name, undo, another sample, another workspace, deletion."""
    with st.expander(t("home.workspace.title"), icon=":material/settings:", key="manage"):
        _rename(current)
        with st.container(horizontal=True):
            if current.can_undo and st.button(
                t("home.workspace.undo"),
                icon=":material/undo:",
                help=t("home.workspace.undo_help"),
                key="undo",
            ):
                loading.undo_load(current)
                st.toast(t("home.workspace.undone"))
                st.rerun()
            if st.button(
                t("home.workspace.another"),
                icon=":material/add:",
                help=t("home.workspace.another_help"),
                key="another",
            ):
                session.leave()
                st.rerun()
            if st.button(
                t("home.workspace.delete"), icon=":material/delete:", type="tertiary", key="delete"
            ):
                _confirm_delete(current)
        with st.container(horizontal=True):
            for language in LANGUAGES:
                name = t(f"home.workspace.sample_{language}")
                label = t("home.workspace.reload", name=name)
                if st.button(label, type="tertiary", key=f"reload_{language}"):
                    loading.try_sample_shop(language)


def _rename(current: Workspace) -> None:
    form = st.form("rename", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input(
            t("home.workspace.name"),
            current.title,
            max_chars=80,
            help=t("home.workspace.name_help"),
            key="title",
        )
        saved = st.form_submit_button(t("home.workspace.rename"))
    if saved:
        current.set_title(title)
        st.toast(t("home.workspace.renamed"))
        st.rerun()


def _confirm_delete(current: Workspace) -> None:
    """Ask before deleting everything; a workspace with a running training stays."""

    @st.dialog(t("home.workspace.delete_title"))
    def ask() -> None:
        if shell.running_jobs(current):
            st.warning(t("home.workspace.delete_running"))
            return
        st.markdown(t("home.workspace.delete_text"))
        if any(Deployments(current).current(task) != UNTUNED for task in TASKS):
            st.warning(t("home.workspace.delete_served"))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(t("home.workspace.delete_cancel"), key="delete_cancel"):
                st.rerun()
            if st.button(t("home.workspace.delete_confirm"), type="primary", key="delete_confirm"):
                try:
                    current.delete()
                except InputError as error:
                    show_error(error)
                    return
                session.leave()
                st.rerun()

    ask()
