"""Reviews labelled by hand where the model is least sure, and a training that learns from them."""

import pandas as pd
import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tables.schema import SENTIMENTS
from engine.text.words import normalise
from pages.ui.frame.i18n import t
from pages.ui.parts.label_growth import show_growth
from pages.ui.parts.label_training import editor_key, offer_save, show_next
from pages.ui.sentiment.answers import LONGEST, TASK, judge_reviews
from pages.ui.sentiment.view import sentiment_name

ROWS = 10


def show_labels(current: Workspace, run: Run | None, run_id: str) -> None:
    """The reviews whose labels would teach most, with choices; what was set; train again."""
    judged = judge_reviews(current, run_id)
    if judged is None:
        return
    hand = current.corrections()
    hand = hand[hand["task"] == TASK]
    rows = least_sure(judged.reviews, set(hand["input"].map(normalise)))
    st.markdown(t("sentiment.labels.intro"))
    chosen = _edit(rows)
    offer_save(
        current,
        TASK,
        chosen,
        nothing=t("sentiment.labels.nothing"),
        saved=t("sentiment.labels.saved", n=len(chosen)),
    )
    if len(hand):
        show_growth(current, hand, TASK, "sentiment")
        show_next(current, hand, TASK, run, "text")


def least_sure(reviews: pd.DataFrame, done: set[str], most: int = ROWS) -> pd.DataFrame:
    """The distinct reviews that the model is least sure of, without those in `done`."""
    keys = reviews["text"].map(normalise)
    rows = reviews[~keys.isin(done) & ~keys.duplicated() & (reviews["text"].str.len() <= LONGEST)]
    return rows.sort_values("confidence", kind="stable").head(most)


def _edit(rows: pd.DataFrame) -> dict[str, dict[str, str]]:
    """The table to fill in; review → head → label of the rows that were set."""
    frame = pd.DataFrame(
        {
            "text": rows["text"].tolist(),
            "said": [
                f"{sentiment_name(label)} · {share:.0%}"
                for label, share in zip(rows["sentiment"], rows["confidence"], strict=True)
            ],
            "sentiment": pd.array([None] * len(rows), dtype="str"),
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=["text", "said"],
        column_config={
            "text": st.column_config.TextColumn(t("sentiment.columns.text"), width="large"),
            "said": st.column_config.TextColumn(t("sentiment.labels.said")),
            "sentiment": st.column_config.SelectboxColumn(
                t("sentiment.labels.really"), options=list(SENTIMENTS), format_func=sentiment_name
            ),
        },
        key=editor_key(TASK),
        placeholder=t("queries.choose"),
        height="content",
        alt=t("sentiment.labels.table"),
    )
    return {
        row["text"]: {"sentiment": row["sentiment"]}
        for row in edited.to_dict("records")
        if row["sentiment"] in SENTIMENTS
    }
