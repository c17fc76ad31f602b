import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.catalog.board import show_board
from pages.ui.catalog.gaps import show_gaps
from pages.ui.catalog.images import show_images
from pages.ui.catalog.own import show_own
from pages.ui.catalog.product import show_product
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run
from pages.ui.training.classifier_quality import show_quality

VIEWS = ("board", "gaps", "one", "own", "pictures", "quality")


def show_view(view: str, current: Workspace, run: Run | None) -> None:
    """The chosen view; what needs a tuned model says so where there is none."""
    match view:
        case "board":
            show_board(current)
        case "gaps":
            show_gaps(current, run)
        case "one":
            show_product(current, run)
        case "own":
            show_own(current, run)
        case "pictures":
            show_images(current)
        case "quality":
            show_quality(current, "attributes", "title", run)


workspace = shell.open_page("catalog")
chosen = choose_run(workspace, "attributes")
titles = [t(f"catalog.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="catalog_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, workspace, chosen)
