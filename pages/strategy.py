import streamlit as st

from pages.ui.frame import link, shell, visit
from pages.ui.frame.i18n import t
from pages.ui.parts import query_box
from pages.ui.parts.runs import choose_run
from pages.ui.strategy.board import show_board
from pages.ui.strategy.check import show_check
from pages.ui.strategy.live import show_live
from pages.ui.strategy.setup import Setup, choose_setup
from pages.ui.strategy.simulator import show_crowd

VIEWS = ("live", "board", "crowd", "check")


def show_view(view: str, setup: Setup) -> None:
    """The chosen view."""
    match view:
        case "live":
            show_live(setup, query_box.ask_for_query(setup.current, t("search.placeholder")))
        case "board":
            show_board(setup)
        case "crowd":
            show_crowd(setup)
        case "check":
            show_check(setup)


link.remember(query_box.KEY, visit.KEY)
workspace = shell.open_page("strategy")
chosen = choose_setup(workspace, choose_run(workspace, "search"))
titles = [t(f"strategy.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="strategy_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, chosen)
