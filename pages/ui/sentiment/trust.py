"""Which products can be trusted: text and stars as one score with its interval."""

import pandas as pd
import streamlit as st

from engine.reviews.trust import score_products, star_moods
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, tables
from pages.ui.sentiment.answers import Judged, judge_reviews
from pages.ui.sentiment.overview import show_reviews

_SHOWN = 6


def show_trust(current: Workspace, run_id: str) -> None:
    """The most and the least trusted products, the whole table, and one product's reviews."""
    judged = judge_reviews(current, run_id)
    if judged is None:
        return
    reviews = judged.reviews
    scores = score_products(reviews["product_id"], reviews["mood"], star_moods(reviews["rating"]))
    if len(scores) < 2:
        st.info(t("sentiment.trust.no_products"), icon=":material/inventory_2:")
        return
    titles = session.tables(current).products.set_index("product_id")["title"]
    scores.insert(0, "title", scores.index.map(titles[~titles.index.duplicated()].to_dict()))
    scores["title"] = scores["title"].where(scores["title"].notna(), scores.index.to_series())
    _show_ends(scores)
    _show_table(scores)
    _show_product(judged, scores)


def _show_ends(scores: pd.DataFrame) -> None:
    worst = scores.sort_values("high").head(_SHOWN)
    best = scores[~scores.index.isin(worst.index)].head(_SHOWN)
    ends = pd.concat([best, worst.iloc[::-1]])
    first, last = ends.iloc[0], ends.iloc[-1]
    charts.draw(
        charts.bars_with_interval(
            ends["title"].tolist(),
            ends["trust"].tolist(),
            ends["low"].tolist(),
            ends["high"].tolist(),
            value_name=t("sentiment.columns.trust"),
            value_format=".0%",
        ).update_xaxes(tickformat=".0%", range=[0, 1]),
        title=t(
            "sentiment.trust.finding",
            best=charts.cut(first["title"]),
            high=f"{first['trust']:.0%}",
            worst=charts.cut(last["title"]),
            low=f"{last['trust']:.0%}",
        ),
        note=t("sentiment.trust.note"),
        key="chart_trust",
    )


def _show_table(scores: pd.DataFrame) -> None:
    labels = {str(name): t(f"sentiment.columns.{name}") for name in scores}
    bars = {
        name: st.column_config.ProgressColumn(
            labels[name], format="percent", min_value=0, max_value=1
        )
        for name in ("mood", "trust", "low", "high")
    }
    stars = {"stars": st.column_config.NumberColumn(labels["stars"], format="%.1f")}
    tables.show(
        scores,
        labels=labels,
        alt=t("sentiment.trust.table"),
        config={**bars, **stars},
        key="trust_table",
    )


def _show_product(judged: Judged, scores: pd.DataFrame) -> None:
    chosen = st.selectbox(
        t("sentiment.trust.choose"),
        scores.index.tolist(),
        format_func=lambda name: charts.cut(scores.loc[name, "title"], 80),
        key="trust_product",
    )
    rows = judged.reviews[judged.reviews["product_id"] == chosen]
    columns = ["text", "sentiment", "confidence", "rating", "time"]
    show_reviews(rows[columns].sort_values("time", ascending=False), key="trust_reviews")
