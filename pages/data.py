import streamlit as st

from pages.ui.data import staging
from pages.ui.data.loaded import show_loaded
from pages.ui.data.report import show_report
from pages.ui.data.upload import add_file
from pages.ui.data.waiting import check_and_load
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import t
from pages.ui.training.readiness import show_cards

shell.require_frame()
shell.heading("data")
workspace = session.workspace()
add_file()
if workspace is not None:
    if waiting := staging.staged(workspace):
        check_and_load(workspace, waiting)
    show_report()
    st.header(t("data.ready.title"), anchor=False)
    if "products" in workspace.about_tables():
        show_cards(workspace)
    else:
        st.caption(t("data.ready.empty"))
    show_loaded(workspace)
