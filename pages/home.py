import streamlit as st

from engine.messages import LANGUAGES
from engine.storage.workspace import Workspace
from pages.ui.data import loading
from pages.ui.data.glance import show_charts, show_figures
from pages.ui.data.workspace_panel import show_panel
from pages.ui.frame import i18n, session, shell
from pages.ui.frame.i18n import escape, t
from pages.ui.training.readiness import readiness, show_badge

shell.require_frame()

STEPS = {
    "one": ":material/looks_one:",
    "two": ":material/looks_two:",
    "three": ":material/looks_3:",
}
NEXT = (*shell.SECTIONS["explore"], *shell.SECTIONS["learn"])


def offer_samples() -> None:
    """The first screen: one button that loads a shop, the ways beside it, and what follows."""
    first = i18n.language()
    (other,) = (language for language in LANGUAGES if language != first)
    with st.container(border=True, key="start"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            chosen = st.button(
                t(f"home.load_{first}"),
                type="primary",
                icon=":material/storefront:",
                key="load_sample",
            )
            second = st.button(t(f"home.load_{other}"), type="tertiary", key="load_other")
            st.page_link(
                shell.page_file("data"), label=t("home.own_data"), icon=":material/upload_file:"
            )
        st.caption(t("home.what_loads"))
        if chosen or second:
            loading.try_sample_shop(first if chosen else other)
    with st.grid(3, min_column_width=260, key="steps"):
        for step, icon in STEPS.items():
            with st.container(border=True, height="stretch"):
                st.subheader(t(f"home.steps.{step}"), icon=icon, anchor=False)
                st.markdown(t(f"home.steps.{step}_text"))


def show_next(current: Workspace) -> None:
    """The pages that follow, with what each task says of the data."""
    st.header(t("home.next.title"), anchor=False)
    levels = {shell.page_of(task): found.level for task, found in readiness(current).items()}
    with st.grid(3, min_column_width=230, key="next"):
        for page in filter(shell.available, NEXT):
            with st.container(border=True, height="stretch"):
                with st.container(horizontal=True, horizontal_alignment="distribute"):
                    st.page_link(
                        shell.page_file(page), label=t(f"app.nav.{page}"), icon=shell.ICONS[page]
                    )
                    if page in levels:
                        show_badge(levels[page])
                st.caption(t(f"home.next.{page}"))


workspace = session.workspace()
if workspace is None or not workspace.about_tables():
    shell.heading("home")
    offer_samples()
else:
    st.title(escape(workspace.title or t("app.sidebar.unnamed")), anchor=False)
    if "products" not in workspace.about_tables():
        st.warning(t("home.overview.no_catalog"))
    show_figures(workspace)
    show_next(workspace)
    show_charts(workspace)
if workspace is not None:
    show_panel(workspace)
