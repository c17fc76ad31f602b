"""Recommendations for many shoppers at once, as a table to download."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.interest.answers import PREDICT, InterestAnswer, InterestInput
from engine.tasks.interest.merchandising_file import load_rules
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, download, tables
from pages.ui.recommend.rerank_weights import choose_weights
from pages.ui.recommend.shop import place, shop
from pages.ui.recommend.shopper import DEPTH, shoppers
from pages.ui.recommend.why import explain

SIZES = (20, 100, 500)
_K = 5
_COLUMNS = ("user_id", "rank", "product_id", "title", "reason", "score", "rule")


def show_many(current: Workspace, run: Run | None) -> None:
    """The most active shoppers, each with the first products after reranking and rules."""
    st.markdown(t("recommend.many.intro", k=_K))
    weights = choose_weights(current)
    size = st.segmented_control(
        t("recommend.many.size"), SIZES, default=SIZES[0], required=True, key="many_size"
    )
    users = [str(name) for name in shoppers(current).index[: size or SIZES[0]]]
    if not users:
        st.info(t("recommend.many.nobody"), icon=":material/person_off:")
        return
    items = [InterestInput(user_id=name, k=DEPTH, weights=weights, why=True) for name in users]
    lists = answers.ask_all(current, PREDICT, items, run_id_of(run), by_page=True)
    if not lists:
        return
    frame = as_table(current, users, lists)
    reached = frame["product_id"].nunique()
    unclicked = {
        result.product_id
        for answer in lists
        for result in answer.results
        if result.reason and not result.reason.facts.clicks
    }
    done = t(
        "recommend.many.done",
        users=f"{len(users):,}",
        products=f"{reached:,}",
        new=f"{len(unclicked & set(frame['product_id'])):,}",
        share=f"{reached / max(len(shop(current).titles), 1):.0%}",
    )
    st.markdown(f"**{done}**")
    labels = {name: t(f"recommend.many.columns.{name}") for name in _COLUMNS}
    download.offer(frame, t("recommend.many.download"), "recommendations.csv", key="download_many")
    tables.show(frame, labels=labels, alt=t("recommend.many.table"), key="many")


def as_table(
    current: Workspace, users: Sequence[str], lists: Sequence[InterestAnswer]
) -> pd.DataFrame:
    """One row per shopper and product, after the rules."""
    titles, rules = shop(current).titles, load_rules(current)
    rows = []
    for name, answer in zip(users, lists, strict=True):
        results = {result.product_id: result for result in answer.results}
        for rank, placed in enumerate(place(current, answer, rules)[:_K], start=1):
            result = results.get(placed.product_id)
            rows.append(
                {
                    "user_id": name,
                    "rank": rank,
                    "product_id": placed.product_id,
                    "title": titles[placed.product_id],
                    "reason": " · ".join(explain(result, answer)),
                    "score": round(result.score, 4) if result else None,
                    "rule": t(f"recommend.rules.causes.{placed.cause}") if placed.cause else "",
                }
            )
    return pd.DataFrame(rows, columns=list(_COLUMNS))
