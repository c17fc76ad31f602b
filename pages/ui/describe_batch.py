"""Copy for many products at once: some at a time, with a bar, a stop and a download."""

from typing import Any

import pandas as pd
import streamlit as st

from engine.claims import Claim
from engine.storage.workspace import Workspace
from pages.ui import answers, download, session, tables
from pages.ui.i18n import t

# So few at a time that a stop is quick and other people's questions get in between.
CHUNK = 4
MOST = 500
_STATE = "describe_batch"
COLUMNS = ("product_id", "title", "text", "supported", "facts_used", "unsupported")


def show_batch(current: Workspace, run_id: str, brief: dict[str, Any]) -> None:
    """Choose how many and of what category, start, watch, stop, and take the texts along."""
    st.markdown(t("describe.batch.intro"))
    ids = _chosen_products(current)
    shop = (current.name, session.data_stamp(current))
    held: dict[str, Any] = st.session_state.get(_STATE) or {}
    state = held if held.get("of") == shop else {}
    with st.container(horizontal=True):
        if st.button(
            t("describe.batch.start", n=len(ids)),
            type="primary",
            icon=":material/play_arrow:",
            disabled=not ids or bool(state.get("todo")),
            key="batch_start",
        ):
            items = [{"product_id": product_id, **brief} for product_id in ids]
            st.session_state[_STATE] = {
                "of": shop,
                "run_id": run_id,
                "todo": items,
                "total": len(items),
                "found": [],
            }
            st.rerun()
        if state.get("todo") and st.button(
            t("describe.batch.stop"), icon=":material/stop:", key="batch_stop"
        ):
            state["todo"] = []
            st.rerun()
    if not state:
        return
    if state["todo"]:
        done = len(state["found"])
        st.progress(
            done / state["total"],
            text=t("describe.batch.doing", done=f"{done:,}", total=f"{state['total']:,}"),
        )
        st.caption(t("describe.batch.keep_open"))
    if state["found"]:
        _show_found(state["found"])
    if state["todo"]:
        _go_on(current, state)


def _go_on(current: Workspace, state: dict[str, Any]) -> None:
    """Ask for the next texts, then draw the page again."""
    chunk = state["todo"][:CHUNK]
    answer = answers.ask(current, "describe", "predict", state["run_id"], chunk)
    if answer is None:
        state["todo"] = []
        return
    state["found"] += answer.value
    state["todo"] = state["todo"][CHUNK:]
    st.rerun()


def _chosen_products(current: Workspace) -> list[str]:
    products = session.tables(current).products
    categories = sorted(products["category"].dropna().unique())
    with st.container(horizontal=True):
        chosen = st.multiselect(
            t("describe.batch.categories"),
            categories,
            placeholder=t("describe.batch.all_categories"),
            key="batch_categories",
            width=420,
        )
        bare = st.toggle(t("describe.batch.bare"), key="batch_bare")
        most = st.number_input(
            t("describe.batch.most"),
            min_value=1,
            max_value=MOST,
            value=min(8, MOST),
            key="batch_most",
            width=180,
        )
    if chosen:
        products = products[products["category"].isin(chosen)]
    if bare:
        products = products[products["description"].isna()]
    return list(products["product_id"].head(int(most)))


def _show_found(found: list[dict[str, Any]]) -> None:
    frame = pd.DataFrame([_row(answer) for answer in found], columns=list(COLUMNS))
    right = int(frame["supported"].sum())
    st.markdown(f"**{t('describe.batch.found', n=f'{len(frame):,}', right=f'{right:,}')}**")
    download.offer(frame, t("describe.batch.download"), "copy.csv", key="batch_download")
    labels = {name: t(f"describe.columns.{name}") for name in COLUMNS}
    tables.show(frame, labels=labels, alt=t("describe.batch.table"), key="batch_table")


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    best = next(one for one in answer["systems"].values() if one["text"] == answer["text"])
    claims = [Claim.read(claim) for claim in best["claims"]]
    return {
        "product_id": answer["product_id"],
        "title": answer["title"],
        "text": answer["text"],
        "supported": best["supported"],
        "facts_used": best["facts_used"],
        "unsupported": "; ".join(claim.text for claim in claims if claim.fact is None),
    }
