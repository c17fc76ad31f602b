"""How the mood moves: over time, with lasting changes, alerts, and what is behind them."""

import pandas as pd
import streamlit as st

from engine.reviews.keyphrases import keyphrases
from engine.reviews.trends import (
    PERIODS,
    Alert,
    ChangePoint,
    count_periods,
    find_alerts,
    find_changes,
    usual_period,
)
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts
from pages.ui.sentiment import figures
from pages.ui.sentiment.answers import Judged, judge_reviews
from pages.ui.sentiment.overview import show_reviews
from pages.ui.sentiment.view import aspect_name

ALL = ""
_MOST_ASPECTS = 11
_FEWEST = 30  # mentions of an aspect that make a line


def show_trends(current: Workspace, run_id: str) -> None:
    """The share of complaints over time, of all reviews or of those on one aspect."""
    judged = judge_reviews(current, run_id)
    if judged is None:
        return
    if judged.reviews["time"].isna().all():
        st.info(t("sentiment.trends.no_times"), icon=":material/schedule:")
        return
    frame = _choose_measure(judged)
    show_mood(frame, key="trends", what="complaints")


def show_mood(frame: pd.DataFrame, key: str, what: str) -> None:
    """The share of rows with `hit` over time, its changes and alerts, and the texts behind them.

    `frame` has `time`, `text`, `hit`, and whatever else a table of its texts shows.
    """
    usual = usual_period(frame["time"])
    period = st.segmented_control(
        t("sentiment.trends.period"),
        list(PERIODS),
        default=usual,
        required=True,
        format_func=lambda name: t(f"sentiment.trends.periods.{name}"),
        key=f"{key}_period",
    )
    counts = count_periods(frame["time"], frame["hit"], period or usual)
    if counts.empty:
        st.info(t("sentiment.trends.no_times"), icon=":material/schedule:")
        return
    changes, alerts = find_changes(counts), find_alerts(counts)
    charts.draw(
        figures.share_over_time(
            counts,
            changes,
            alerts,
            x_name=t(f"sentiment.trends.periods.{period or usual}"),
            y_name=t(f"sentiment.trends.{what}"),
        ),
        title=_finding(changes, alerts, counts, what),
        note=t("sentiment.trends.note"),
        key=f"chart_{key}",
    )
    _show_alerts(alerts)
    _show_period(frame, counts, alerts, period or usual, key)


def _choose_measure(judged: Judged) -> pd.DataFrame:
    sizes = judged.mentions["aspect"].value_counts()
    names = [ALL, *sizes.index[sizes >= _FEWEST][:_MOST_ASPECTS]]
    chosen = st.pills(
        t("sentiment.trends.of"),
        names,
        default=ALL,
        required=True,
        format_func=lambda name: (
            escape(aspect_name(name)) if name else t("sentiment.trends.everything")
        ),
        key="trend_of",
        wrap=True,
    )
    columns = ["time", "text", "product_id", "rating"]
    if not chosen:
        reviews = judged.reviews[[*columns, "confidence"]]
        return reviews.assign(hit=judged.reviews["sentiment"] == "negative")
    mentions = judged.mentions[judged.mentions["aspect"] == chosen]
    hits = mentions.assign(hit=mentions["sentiment"] == "negative")
    rows: pd.DataFrame = hits[["row", "clause", "confidence", "hit"]].merge(
        judged.reviews[columns], left_on="row", right_index=True
    )
    return rows.drop(columns="row")


def _finding(
    changes: list[ChangePoint], alerts: list[Alert], counts: pd.DataFrame, what: str
) -> str:
    name = t(f"sentiment.trends.{what}")
    if changes:
        last = changes[-1]
        return t(
            f"sentiment.trends.{'rose' if last.after > last.before else 'fell'}",
            name=name,
            when=f"{last.when:%Y-%m-%d}",
            before=f"{last.before:.0%}",
            after=f"{last.after:.0%}",
        )
    share = f"{counts['hits'].sum() / counts['n'].sum():.0%}"
    return t(f"sentiment.trends.{'peaks' if alerts else 'steady'}", name=name, share=share)


def _show_alerts(alerts: list[Alert]) -> None:
    for alert in alerts[:3]:
        st.warning(
            t(
                "sentiment.trends.alarm",
                when=f"{alert.when:%Y-%m-%d}",
                share=f"{alert.share:.0%}",
                usual=f"{alert.usual:.0%}",
                n=alert.n,
            ),
            icon=":material/notifications_active:",
        )


def _show_period(
    frame: pd.DataFrame, counts: pd.DataFrame, alerts: list[Alert], period: str, key: str
) -> None:
    """The texts behind one period, and the words that set them apart from the others."""
    busy = counts.index[counts["hits"] > 0].tolist()[::-1]
    if not busy:
        return
    first = alerts[0].when if alerts else busy[0]
    chosen = st.selectbox(
        t("sentiment.trends.choose"),
        busy,
        index=busy.index(first),
        format_func=lambda when: f"{when:%Y-%m-%d}",
        key=f"{key}_when_{period}",
    )
    starts = frame["time"].dt.to_period(PERIODS[period]).dt.start_time
    here = frame[frame["hit"] & (starts == chosen)]
    others = frame.loc[frame["hit"] & (starts != chosen), "text"].head(1500)
    found = keyphrases(here["text"], others, most=8)["phrase"]
    if len(found):
        st.caption(t("sentiment.trends.behind", phrases=escape(" · ".join(found))))
    shown = here.sort_values("confidence", ascending=False) if "confidence" in here else here
    show_reviews(shown.drop(columns="hit"), key=f"{key}_texts")
