"""How shoppers without a history and products without a click fare, on held-out pages."""

import pandas as pd
import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.heldout import TOP, shown_products
from pages.ui.training import comparison
from pages.ui.training.systems import bars_of

BLIND = "tuned_blind"
RIVALS = (BLIND, "clicked", "item_knn")


def show_cold(current: Workspace, run: Run | None) -> None:
    """New and known shoppers, then new and known products."""
    st.markdown(t("recommend.cold.intro"))
    if run is None:
        invite_to_tune("interest")
        return
    shown = shown_products(current, run)
    if shown is None:
        st.info(t("recommend.quality.older"), icon=":material/history:")
        return
    st.subheader(t("recommend.cold.shoppers"), anchor=False)
    _show_shoppers(current, run)
    st.subheader(t("recommend.cold.products"), anchor=False)
    _show_products(run, shown)


def _show_shoppers(current: Workspace, run: Run) -> None:
    """What the history is worth on the same pages, and how shoppers without one fared."""
    ours = run.recommended
    compared = comparison.compare(current, run)
    worth, systems = compared.against[BLIND], [ours, *RIVALS]
    charts.draw(
        bars_of(compared.measured.loc[systems], run.primary_metric, ours),
        title=t(f"recommend.cold.worth_{worth.verdict}", delta=f"{worth.delta:+.3f}"),
        note=t("recommend.cold.pages", n=f"{run.n_test:,}"),
        key="chart_cold",
    )
    pages = compared.heldout
    new = pages[pages["known.history"].eq(0) & pages[f"{ours}.score"].notna()]
    if new.empty:
        st.caption(t("recommend.cold.none_new"))
        return
    st.caption(
        t(
            "recommend.cold.really_new",
            n=len(new),
            ours=f"{new[f'{ours}.score'].mean():.3f}",
            popular=f"{new['clicked.score'].mean():.3f}",
        )
    )


def _show_products(run: Run, shown: pd.DataFrame) -> None:
    """The share of new products among the places, and how often they are clicked."""
    new = shown["new"]
    if not new.any():
        st.info(t("recommend.cold.no_new"), icon=":material/fiber_new:")
        return
    top, popular = shown["place"] <= TOP, shown["popular"] <= TOP
    share = {"ours": new[top].mean(), "popular": new[popular].mean(), "all": new.mean()}
    figures = {name: f"{part:.1%}" for name, part in share.items()}
    st.markdown(f"**{t('recommend.cold.finding', k=TOP, **figures)}**")
    rows = [
        {
            "kind": t(f"recommend.cold.kinds.{'new' if is_new else 'known'}"),
            "shown": len(part),
            "clicked": part["clicked"].mean(),
            "chance": part["chance"].mean(),
            "ours": (part["place"] <= TOP).mean(),
            "popular": (part["popular"] <= TOP).mean(),
        }
        for is_new, part in shown.groupby("new")
    ]
    labels = {name: t(f"recommend.cold.columns.{name}", k=TOP) for name in rows[0]}
    number = st.column_config.NumberColumn
    config = {name: number(labels[name], format="percent") for name in list(rows[0])[2:]}
    alt = t("recommend.cold.table")
    tables.show(pd.DataFrame(rows), labels=labels, config=config, alt=alt, key="cold_products")
    st.caption(t("recommend.cold.note", k=TOP))
