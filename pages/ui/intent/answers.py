"""What the intent model says of many queries, as one table."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT
from engine.text.words import normalise
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, query_log

MOST = 2000  # queries of a log that are asked about; the most frequent first


def is_unsure(answer: Mapping[str, Any], head: str) -> bool:
    """Whether the model itself doubts its answer for `head`."""
    return bool(answer.get(f"{head}_unsure", answer["unsure"]))


def heads_of(answer: Mapping[str, Any]) -> list[str]:
    """The heads that the model answers: `intent`, `category` or both."""
    return list(answer["probabilities"])


def as_table(found: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per query: per head its label, `<head>_confidence` and `<head>_unsure`."""
    rows = []
    for answer in found:
        row: dict[str, Any] = {"query": answer["query"]}
        for head in heads_of(answer):
            row[head] = answer[head]
            row[f"{head}_confidence"] = round(answer[f"{head}_confidence"], 3)
            row[f"{head}_unsure"] = is_unsure(answer, head)
        rows.append(row | {"uncertainty": answer["uncertainty"]})
    return pd.DataFrame(rows)


def labels_of(found: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Every head's labels, in the model's order."""
    return {head: list(table) for head, table in found[0]["probabilities"].items()}


def answer_log(current: Workspace, run_id: str) -> tuple[pd.DataFrame, dict[str, list[str]]] | None:
    """The most frequent queries of the log with the model's answers, and the labels of the heads.

    Columns as of `as_table`, with `key` (the query normalised) and `count`. None without a log or
    without answers; then it has said so.
    """
    log = query_log.queries(current).head(MOST)
    if log.empty:
        if session.tables(current).searches.empty:
            st.info(t("intent.no_log"), icon=":material/receipt_long:")
        return None
    items = [{"query": text} for text in log["input"]]
    found = answers.ask_all(current, PREDICT, items, run_id)
    if not found:
        return None
    table = as_table(found).assign(key=log["query"].to_list(), count=log["count"].to_list())
    return table, labels_of(found)


def searches_by_query(searches: pd.DataFrame) -> pd.DataFrame:
    """The searches of a log, each once: columns `key` (normalised query) and `time` (UTC).

    Rows of one session with the same query are one search; rows without a time are left out.
    """
    times = pd.to_datetime(searches["time"], utc=True, errors="coerce")
    frame = pd.DataFrame(
        {"input": searches["query"], "session": searches["session_id"], "time": times}
    ).dropna(subset=["input", "time"])
    frame["key"] = frame["input"].map({text: normalise(text) for text in frame["input"].unique()})
    known = frame["session"].notna()
    first = frame[known].sort_values("time").drop_duplicates(["key", "session"])
    return pd.concat([first, frame[~known]])[["key", "time"]].reset_index(drop=True)


@session.per_shop()
def log_times(current: Workspace) -> pd.DataFrame:
    """`searches_by_query` of the shop's log."""
    return searches_by_query(session.tables(current).searches)
