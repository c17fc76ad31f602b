"""Labels set by hand where the model is least sure, and a training that learns from them."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.text.words import normalise
from pages.ui.frame.i18n import t
from pages.ui.intent.answers import answer_log
from pages.ui.parts import names
from pages.ui.parts.label_growth import show_growth
from pages.ui.parts.label_training import editor_key, offer_save, show_next

ROWS = 15


def show_labels(current: Workspace, run: Run | None, run_id: str) -> None:
    """The queries whose labels would teach most, with choices; what was set; train again."""
    answered = answer_log(current, run_id)
    if answered is None:
        return
    table, labels = answered
    hand = current.corrections()
    hand = hand[hand["task"] == "intent"]
    rows = most_useful(table, set(hand["input"].map(normalise)))
    st.markdown(t("intent.labels.intro"))
    chosen = _edit(rows, labels)
    offer_save(
        current,
        "intent",
        chosen,
        nothing=t("intent.labels.nothing"),
        saved=t("intent.labels.saved", n=len(chosen)),
    )
    if len(hand):
        show_growth(current, hand, "intent", "intent")
        show_next(current, hand, "intent", run, "query")


def most_useful(table: pd.DataFrame, done: set[str], most: int = ROWS) -> pd.DataFrame:
    """The queries to label first: uncertainty times log(1 + count), without those in `done`."""
    rows = table[~table["key"].isin(done)]
    worth = rows["uncertainty"] * rows["count"].map(math.log1p)
    return rows.loc[worth.sort_values(ascending=False, kind="stable").index].head(most)


def _edit(rows: pd.DataFrame, labels: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """The table to fill in; query → head → label of the cells that were set."""
    frame = rows[["query"]].reset_index(drop=True)
    config: dict[str, Any] = {
        "query": st.column_config.TextColumn(t("intent.columns.query"), width="medium"),
        "count": st.column_config.NumberColumn(t("intent.columns.count"), width="small"),
    }
    for head, options in labels.items():
        predicted = [names.label("intent", head, label) for label in rows[head]]
        confidence = rows[f"{head}_confidence"].tolist()
        frame[f"{head}_said"] = [
            f"{label} · {share:.0%}" for label, share in zip(predicted, confidence, strict=True)
        ]
        frame[head] = pd.array([None] * len(frame), dtype="str")
        plain = {label: names.label("intent", head, label) for label in options}
        config[f"{head}_said"] = st.column_config.TextColumn(
            t("intent.labels.said", head=names.head(head))
        )
        config[head] = st.column_config.SelectboxColumn(
            t("intent.labels.really", head=names.head(head)),
            options=options,
            format_func=_namer(plain),
        )
    frame["count"] = rows["count"].to_list()
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=[str(name) for name in frame if name not in labels],
        column_config=config,
        key=editor_key("intent"),
        placeholder=t("queries.choose"),
        height="content",
        alt=t("intent.labels.table"),
    )
    corrections = {}
    for row in edited.to_dict("records"):
        set_by_hand = {head: row[head] for head in labels if row[head] in labels[head]}
        if set_by_hand:
            corrections[row["query"]] = set_by_hand
    return corrections


def _namer(plain: Mapping[str, str]) -> Callable[[object], str]:
    return lambda label: plain.get(str(label), str(label))
