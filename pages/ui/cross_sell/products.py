"""What goes with every product, as a table to take along."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.storage.runs import Run, run_id_of
from engine.storage.workspace import Workspace
from engine.tasks.cross_sell.answers import PREDICT, CrossSellAnswer, CrossSellInput
from pages.ui.cross_sell.orders import Orders, orders
from pages.ui.cross_sell.view import explain
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, download, names, tables
from pages.ui.parts.product_card import products

SIZES = (50, 200, 1000)
_K = 5
_COLUMNS = (
    "product_id",
    "title",
    "rank",
    "goes_with",
    "goes_with_title",
    "reason",
    "together",
    "lift",
    "system",
)


def show_list(current: Workspace, run: Run | None) -> None:
    """The most bought products, each with what goes with it and why."""
    st.markdown(t("cross_sell.list.intro", k=_K))
    size = st.segmented_control(
        t("cross_sell.list.size"), SIZES, default=SIZES[0], required=True, key="list_size"
    )
    shop = orders(current)
    chosen = shop.popular[: size or SIZES[0]]
    inputs = [CrossSellInput((name,), _K) for name in chosen]
    predictions = answers.ask_all(current, PREDICT, inputs, run_id_of(run), by_page=True)
    if not predictions:
        return
    frame = as_table(shop, predictions, products(current))
    labels = {name: t(f"cross_sell.list.columns.{name}") for name in _COLUMNS}
    st.markdown(f"**{t('cross_sell.list.done', n=f'{len(chosen):,}', rows=f'{len(frame):,}')}**")
    download.offer(frame, t("cross_sell.list.download"), "goes-with.csv", key="download_list")
    named = frame.assign(system=frame["system"].map(names.system))
    tables.show(named, labels=labels, alt=t("cross_sell.list.table"), key="list")


def as_table(
    shop: Orders, predictions: Sequence[CrossSellAnswer], catalog: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """One row per product and what goes with it."""
    rows = [
        {
            "product_id": answer.basket[0],
            "title": shop.titles.get(answer.basket[0], ""),
            "rank": result.rank,
            "goes_with": result.product_id,
            "goes_with_title": result.title,
            "reason": explain(result.reason, catalog),
            "together": result.reason.together,
            "lift": round(result.reason.lift, 2),
            "system": answer.system,
        }
        for answer in predictions
        for result in answer.results
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
