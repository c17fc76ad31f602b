"""What the intent model says of many queries, as one table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.labelling.labels import searches_by_day
from engine.storage.workspace import Workspace
from engine.tasks.intent.answers import PREDICT, IntentAnswer, IntentInput
from pages.ui.frame import session
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, query_log


def as_table(predictions: Sequence[IntentAnswer]) -> pd.DataFrame:
    """One row per query: per head its label, `<head>_confidence` and `<head>_unsure`."""
    rows: list[dict[str, object]] = []
    for answer in predictions:
        row: dict[str, object] = {"query": answer.query}
        for name, head in answer.heads.items():
            row[name] = head.label
            row[f"{name}_confidence"] = round(head.confidence, 3)
            row[f"{name}_unsure"] = head.unsure
        rows.append(row | {"uncertainty": answer.uncertainty})
    return pd.DataFrame(rows)


def labels_of(predictions: Sequence[IntentAnswer]) -> dict[str, list[str]]:
    """Every head's labels, in the model's order."""
    return {name: list(head.probabilities) for name, head in predictions[0].heads.items()}


def answer_log(current: Workspace, run_id: str) -> tuple[pd.DataFrame, dict[str, list[str]]] | None:
    """The most frequent queries of the log with the model's answers, and the labels of the heads.

    Columns as of `as_table`, with `key` (the query normalised) and `count`. None without a log or
    without answers; then it has said so.
    """
    log = query_log.queries(current)
    if log.empty:
        if "searches" not in current.about_tables():
            st.info(t("intent.no_log"), icon=":material/receipt_long:")
        return None
    inputs = [IntentInput(text) for text in log["input"]]
    predictions = answers.ask_all(current, PREDICT, inputs, run_id, by_page=True)
    if not predictions:
        return None
    table = as_table(predictions).assign(key=log["query"].to_list(), count=log["count"].to_list())
    return table, labels_of(predictions)


@session.per_shop()
def log_times(current: Workspace) -> pd.DataFrame:
    """`searches_by_day` of the shop's log."""
    return searches_by_day(session.tables(current))
