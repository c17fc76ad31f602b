import streamlit as st

from engine.storage.runs import UNTUNED, Run
from engine.storage.workspace import Workspace
from pages.ui.describe.batch import show_batch
from pages.ui.describe.brief import KEY, choose_brief, choose_product
from pages.ui.describe.endpoint import show_endpoint
from pages.ui.describe.one import show_one
from pages.ui.describe.reviews import show_reviews
from pages.ui.frame import link, shell
from pages.ui.frame.i18n import t
from pages.ui.parts.runs import choose_run

VIEWS = ("one", "reviews", "batch", "endpoint")


def show_view(view: str, current: Workspace, run: Run | None) -> None:
    """The chosen view; the newest or chosen run writes, before any the untuned model."""
    run_id = run.run_id if run else UNTUNED
    brief = choose_brief(current, view)
    if view == "batch":
        show_batch(current, run_id, brief)
        return
    product_id = choose_product(current)
    if product_id is None:
        st.caption(t("describe.product.none_found"))
        return
    match view:
        case "one":
            show_one(current, product_id, brief, run)
        case "reviews":
            show_reviews(current, product_id, brief, run_id)
        case "endpoint":
            show_endpoint(current, product_id, brief)


link.remember(KEY)
workspace = shell.open_page("describe")
chosen = choose_run(workspace, "describe")
titles = [t(f"describe.views.{name}") for name in VIEWS]
tabs = dict(zip(VIEWS, st.tabs(titles, key="describe_view", on_change="rerun"), strict=True))
for name, tab in tabs.items():
    if tab.open:
        with tab:
            show_view(name, workspace, chosen)
