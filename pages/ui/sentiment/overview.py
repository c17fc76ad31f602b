"""What people praise and complain about, aspect by aspect, down to the reviews themselves."""

from typing import Any

import pandas as pd
import streamlit as st

from engine.reviews.keyphrases import keyphrases
from engine.reviews.quotes import best_quotes, count_aspects, verdicts
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, tables
from pages.ui.sentiment import figures
from pages.ui.sentiment.answers import UNCLEAR, Judged, judge_reviews
from pages.ui.sentiment.aspects import edit_aspects
from pages.ui.sentiment.view import aspect_name, sentiment_name

_CHOSEN = "chosen_aspect"
_CHART = "chart_aspects"
_MOST = 12
_DOUBTFUL = 0.5  # from this share of doubt on, figures say more about the model than the shop
_SIDES = ("positive", "negative")


def show_overview(current: Workspace, run_id: str) -> None:
    """Praise and blame of each aspect, quotes for both, and the reviews behind a bar."""
    judged = judge_reviews(current, run_id)
    if judged is None:
        return
    _show_moods(judged.reviews)
    counts = count_aspects(judged.mentions)
    if counts.empty:
        st.info(t("sentiment.overview.no_aspects"), icon=":material/category:")
    elif counts.columns.isin(_SIDES).any():
        _show_aspects(counts)
        _show_sides(judged, counts)
        _show_drill_down(judged, counts)
    edit_aspects(current)


def _show_moods(reviews: pd.DataFrame) -> None:
    shares = reviews["sentiment"].value_counts(normalize=True)
    unsure = reviews["unsure"].mean()
    with st.container(horizontal=True, key="moods"):
        for name in ("positive", "neutral", "negative"):
            if name in shares:
                st.metric(sentiment_name(name), f"{shares[name]:.0%}", border=True)
        st.metric(t("sentiment.overview.unsure"), f"{unsure:.0%}", border=True)
    if unsure > _DOUBTFUL:
        doubt = t("sentiment.overview.mostly_unsure", unsure=f"{unsure:.0%}")
        st.warning(doubt, icon=":material/help:")


def _column(counts: pd.DataFrame, name: str) -> list[int]:
    return counts[name].tolist() if name in counts else [0] * len(counts)


def _show_aspects(counts: pd.DataFrame) -> None:
    top = counts.head(_MOST)
    found = verdicts(top)
    if found.empty:
        title = t("sentiment.overview.most_named", name=aspect_name(counts.index[0]))
    else:
        title = t(
            "sentiment.overview.best_worst",
            best=charts.cut(aspect_name(found.index[0])),
            good=f"{found['good'].iloc[0]:.0%}",
            worst=charts.cut(aspect_name(found["good"].idxmin())),
            bad=f"{1 - found['good'].min():.0%}",
        )
    rest = [
        sum(parts) for parts in zip(_column(top, "neutral"), _column(top, UNCLEAR), strict=True)
    ]
    figure = figures.two_sides(
        [aspect_name(name) for name in top.index],
        _column(top, "positive"),
        _column(top, "negative"),
        rest,
    )
    st.markdown(f"**{escape(title)}**")
    st.caption(t("sentiment.overview.note"))
    st.plotly_chart(
        figure,
        config={"displayModeBar": False, "scrollZoom": False},
        alt=title,
        key=_CHART,
        on_select=lambda: _take_bar(top.index.tolist()),
        selection_mode="points",
    )


def _take_bar(aspects: list[str]) -> None:
    """A click on a bar chooses its aspect and side below."""
    state: Any = st.session_state[_CHART]
    points = state["selection"]["points"]
    if points:
        st.session_state[_CHOSEN] = aspects[int(points[0]["y"])]
        st.session_state["chosen_side"] = _SIDES[int(points[0]["x"] < 0)]


def _show_sides(judged: Judged, counts: pd.DataFrame) -> None:
    """The aspects with the clearest praise and blame, each with a quote; and telling phrases."""
    reviews = judged.reviews
    with st.grid(2, min_column_width=320, gap="large", key="sides"):
        for side in _SIDES:
            with st.container(key=f"side_{side}"):
                st.subheader(t(f"sentiment.overview.{side}"), anchor=False)
                if side in counts:
                    for name in counts[side].sort_values(ascending=False).index[:3]:
                        quotes = best_quotes(judged.mentions, name, side, most=1)
                        if len(quotes):
                            n = f"{counts.loc[name, side]:,}"
                            st.markdown(f"**{escape(aspect_name(name))}** ({n})")
                            st.text(f"“{charts.cut(quotes['clause'].iloc[0], 160)}”")
                here = reviews.loc[reviews["sentiment"] == side, "text"].head(1500)
                there = reviews.loc[reviews["sentiment"] != side, "text"].head(1500)
                found = keyphrases(here, there, most=8)["phrase"]
                if len(found):
                    said = escape(" · ".join(found))
                    st.caption(t("sentiment.overview.phrases", phrases=said))


def _show_drill_down(judged: Judged, counts: pd.DataFrame) -> None:
    names = counts.index.tolist()[:_MOST]
    if st.session_state.get(_CHOSEN) not in names:
        st.session_state[_CHOSEN] = names[0]
    aspect = st.pills(
        t("sentiment.overview.choose"),
        names,
        required=True,
        format_func=lambda name: escape(aspect_name(name)),
        key=_CHOSEN,
        wrap=True,
    )
    side = st.segmented_control(
        t("sentiment.overview.side"),
        _SIDES,
        default="negative",
        required=True,
        format_func=sentiment_name,
        key="chosen_side",
    )
    rows = judged.mentions[
        (judged.mentions["aspect"] == aspect) & (judged.mentions["sentiment"] == side)
    ].sort_values("confidence", ascending=False)
    rows = rows.drop_duplicates("row")
    title = t(
        "sentiment.overview.reviews",
        n=f"{len(rows):,}",
        side=sentiment_name(side),
        aspect=aspect_name(aspect),
    )
    st.markdown(f"**{escape(title)}**")
    shown = rows[["clause", "confidence", "row"]].merge(
        judged.reviews[["text", "product_id", "rating", "time"]], left_on="row", right_index=True
    )
    show_reviews(shown.drop(columns="row"), key="drill_down")


def show_reviews(frame: pd.DataFrame, key: str) -> None:
    """A table of reviews, whatever of their columns there is."""
    if frame.empty:
        st.caption(t("sentiment.no_texts_here"))
        return
    known = frame.dropna(axis="columns", how="all")
    if "sentiment" in known:
        known = known.assign(sentiment=known["sentiment"].map(sentiment_name))
    labels = {str(name): t(f"sentiment.columns.{name}") for name in known}
    config = {}
    if "confidence" in known:
        config["confidence"] = st.column_config.ProgressColumn(
            labels["confidence"], format="percent", min_value=0, max_value=1
        )
    if "time" in known:
        config["time"] = st.column_config.DatetimeColumn(labels["time"], format="YYYY-MM-DD")
    tables.show(known, labels=labels, alt=t("sentiment.review_table"), config=config, key=key)
