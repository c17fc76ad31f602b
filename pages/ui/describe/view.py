"""The views of the copy page: all but the batch are about one product, chosen above them."""

import streamlit as st

from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from pages.ui.describe.batch import show_batch
from pages.ui.describe.brief import choose_brief, choose_product
from pages.ui.describe.endpoint import show_endpoint
from pages.ui.describe.one import show_one
from pages.ui.describe.reviews import show_reviews
from pages.ui.frame.i18n import t

VIEWS = ("one", "reviews", "batch", "endpoint")


def show_view(view: str, current: Workspace, run: Run | None) -> None:
    """The chosen view; the newest or chosen run writes, before any the untuned model."""
    run_id = run_id_of(run)
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
