"""What customers say of a product, in a few sentences that each rest on reviews."""

import json
from typing import Any

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import WRITE
from pages.ui.describe.texts import recall, remember, show_system
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import streaming


def show_reviews(current: Workspace, product_id: str, brief: dict[str, Any], run_id: str) -> None:
    """The button that starts the summary; beside the model's stands one that only quotes."""
    reviews = session.tables(current).reviews
    count = int((reviews["product_id"] == product_id).sum())
    st.markdown(t("describe.reviews.intro", n=f"{count:,}"))
    if not count:
        st.caption(t("describe.reviews.none"))
        return
    item = {"product_id": product_id, "about": "reviews", **brief}
    kept = f"{session.data_stamp(current)} {run_id} {json.dumps(item, sort_keys=True)}"
    if st.button(t("describe.reviews.write"), type="primary", icon=":material/reviews:", key="sum"):
        remember(kept, streaming.write(current, WRITE, item, run_id))
    found = recall(kept)
    if not found:
        return
    systems = dict(found["systems"])
    quoted = {"template": systems.pop("template")}
    with st.grid(2, min_column_width=320, gap="large", key="summaries"):
        for system, text in (quoted | systems).items():
            with st.container(key=f"summary_{system}"):
                show_system(system, text, f"summary_claims_{system}", listed=True)
    st.caption(t("describe.reviews.note"))
