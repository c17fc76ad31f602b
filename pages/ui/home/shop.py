"""The shop that is loaded: its figures and charts, and the pages that follow."""

import streamlit as st

from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from pages.ui.frame.i18n import escape, t
from pages.ui.home.glance import show_charts, show_figures
from pages.ui.home.tour import show_tour
from pages.ui.parts import names
from pages.ui.training.readiness import readiness, show_badge

NEXT = (*shell.SECTIONS["explore"], *shell.SECTIONS["learn"])


def show_shop(current: Workspace) -> None:
    """The shop's name and figures, what to do next, and its charts."""
    st.title(escape(current.title or t("app.sidebar.unnamed")), anchor=False)
    show_tour()
    if "products" not in current.about_tables():
        st.warning(t("home.overview.no_catalog"))
    show_figures(current)
    show_next(current)
    show_charts(current)


def show_next(current: Workspace) -> None:
    """The pages to go to next, each with the readiness of its task."""
    st.header(t("home.next.title"), anchor=False)
    levels = {shell.page_of(task): one.level for task, one in readiness(current).items()}
    with st.grid(3, min_column_width=230, key="next"):
        for page in filter(shell.available, NEXT):
            with st.container(border=True, height="stretch"):
                with st.container(horizontal=True, horizontal_alignment="distribute"):
                    st.page_link(
                        shell.page_file(page), label=t(f"app.nav.{page}"), icon=shell.ICONS[page]
                    )
                    if page in levels:
                        show_badge(levels[page])
                st.caption(_next_step(page))


def _next_step(page: str) -> str:
    """What a page is for; the page of a task shows the task's own text."""
    task = shell.task_of(page)
    return names.task_text(task, "next") if task else t(f"home.next.{page}")
