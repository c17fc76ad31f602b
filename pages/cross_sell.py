import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.cross_sell.basket import KEY, choose_basket
from pages.ui.cross_sell.network import show_network
from pages.ui.cross_sell.offers import show_bundles
from pages.ui.cross_sell.products import show_list
from pages.ui.cross_sell.quality import show_quality
from pages.ui.cross_sell.view import show_basket
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run

VIEWS = ("basket", "network", "bundles", "quality", "list")


def show_view(view: str, current: Workspace, run: Run | None) -> None:
    """The chosen view; the newest or chosen run answers, before any the untuned model."""
    match view:
        case "basket":
            show_basket(current, choose_basket(current), run)
        case "network":
            show_network(current)
        case "bundles":
            show_bundles(current)
        case "quality":
            show_quality(current, run)
        case "list":
            show_list(current, run)


link.remember(KEY)
workspace = shell.open_page("cross_sell")
chosen = choose_run(workspace, "cross_sell")
titles = [t(f"cross_sell.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="cross_sell_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, workspace, chosen)
