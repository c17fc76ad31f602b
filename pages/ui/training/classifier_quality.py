"""How good a trained classifier is on examples it never saw: confusions and calibration."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from engine.codec import Call
from engine.evaluation.classification import (
    calibration_curve,
    confusion,
    expected_calibration_error,
)
from engine.storage.runs import Run, load_heldout
from engine.storage.workspace import Workspace
from engine.tasks.classify.answers import Classification
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, charts, names, spread_charts
from pages.ui.parts.runs import invite_to_tune

_MOST_LABELS = 20
_NARROW = 8  # labels that leave room for a second chart beside theirs
_HONEST = 0.05

Input = TypeVar("Input")
Answer = TypeVar("Answer", bound=Classification)


def show_quality(
    current: Workspace,
    call: Call[list[Input], list[Answer]],
    as_input: Callable[[str], Input],
    run: Run | None,
) -> None:
    """Per head the confusion matrix and the reliability curve of `run`.

    `call` asks its model to predict, `as_input` makes an input of a held-out text.
    """
    if run is None:
        invite_to_tune(call.task)
        return
    heldout = _heldout(current, run)
    heads = heldout["head"].unique().tolist()
    head = heads[0]
    if len(heads) > 1:
        head = st.segmented_control(
            t("quality.head"),
            heads,
            default=head,
            required=True,
            format_func=lambda name: escape(charts.cut(names.head(name))),
            key="quality_head",
        )
    rows = heldout[heldout["head"] == head]
    labels = rows["truth"].value_counts().index.tolist()[:_MOST_LABELS]
    narrow = len(labels) <= _NARROW
    left, right = st.columns([3, 2], gap="large") if narrow else (st.container(), st.container())
    with left:
        _show_confusion(run, rows, head, labels)
    with right:
        inputs = [as_input(text) for text in rows["input"]]
        predictions = answers.ask_all(current, call, inputs, run.run_id, by_page=True)
        if predictions:
            _show_reliability(predictions, rows["truth"], head)


@session.per_shop()
def _heldout(current: Workspace, run: Run) -> pd.DataFrame:
    return load_heldout(current, run.run_id)


def _show_confusion(run: Run, rows: pd.DataFrame, head: str, labels: list[str]) -> None:
    table = confusion(rows["truth"], rows[run.recommended], labels)
    shown = [names.label(run.task, head, label) for label in labels]
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    if wrong.sum():
        row, column = np.unravel_index(wrong.argmax(), wrong.shape)
        title = t(
            "quality.confused",
            true=charts.cut(shown[row]),
            said=charts.cut(shown[column]),
            n=int(wrong[row, column]),
            of=int(table[row].sum()),
        )
    else:
        title = t("quality.never_confused", n=int(table.sum()))
    charts.draw(
        spread_charts.heatmap(
            # An empty cell distracts less than a zero.
            pd.DataFrame(table, index=shown, columns=shown).replace(0, np.nan),
            x_name=t("quality.said"),
            y_name=t("quality.true"),
            value_name=t("quality.examples"),
        ),
        title=title,
        note=t("quality.confusion_note", n=int(table.sum())),
        key="chart_confusion",
    )


def _show_reliability(predictions: Sequence[Classification], truths: pd.Series, head: str) -> None:
    heads = [prediction.heads[head] for prediction in predictions]
    confidence = [answer.confidence for answer in heads]
    right = [float(answer.label == truth) for answer, truth in zip(heads, truths, strict=True)]
    curve = calibration_curve(right, confidence)
    gap = expected_calibration_error(right, confidence)
    claimed, real = float(np.mean(confidence)), float(np.mean(right))
    far = abs(claimed - real) >= _HONEST
    code = "honest" if not far else "too_sure" if claimed > real else "too_modest"
    figure = charts.curve(
        {
            t("quality.model"): (curve["confidence"].to_list(), curve["accuracy"].to_list()),
            t("quality.perfect"): ([0, 1], [0, 1]),
        },
        x_name=t("quality.confidence"),
        y_name=t("quality.right"),
        markers=True,
    )
    figure.data[1].update(mode="lines", line={"color": charts.GREY, "dash": "dash", "width": 1.5})
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.05], tickformat=".0%")
    charts.draw(
        figure,
        title=t(f"quality.{code}", claimed=f"{claimed:.0%}", real=f"{real:.0%}"),
        note=t("quality.reliability_note", gap=f"{100 * gap:.1f}"),
        key="chart_reliability",
    )
