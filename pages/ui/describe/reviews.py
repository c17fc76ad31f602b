"""What customers say of a product, in a few sentences that each rest on reviews."""

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import TEMPLATE, WRITE, DescribeAnswer, WriteInput
from engine.tasks.describe.brief import Brief
from pages.ui.describe.kept import KeptAnswer
from pages.ui.describe.texts import show_system
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import press, streaming


def show_reviews(current: Workspace, product_id: str, brief: Brief, run_id: str) -> None:
    """The button that starts the summary; beside the model's stands one that only quotes."""
    reviews = session.tables(current).reviews
    count = int((reviews["product_id"] == product_id).sum())
    st.markdown(t("describe.reviews.intro", n=f"{count:,}"))
    if not count:
        st.caption(t("describe.reviews.none"))
        return
    item = WriteInput(product_id, language=brief.language, about="reviews")
    kept: KeptAnswer[DescribeAnswer] = KeptAnswer(current, "reviews", item, run_id)
    label = t("describe.reviews.write")
    if press.button(label, "sum", icon=":material/reviews:", type="primary"):
        kept.put(streaming.write(current, WRITE, item, run_id, "sum"))
    answer = kept.get()
    if not answer:
        return
    with st.grid(2, min_column_width=320, gap="large", key="summaries"):
        for system, text in {TEMPLATE: answer.systems[TEMPLATE], **answer.systems}.items():
            with st.container(key=f"summary_{system}"):
                show_system(system, text, f"summary_claims_{system}", listed=True)
    st.caption(t("describe.reviews.note"))
