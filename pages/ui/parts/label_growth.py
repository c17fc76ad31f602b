"""What the labels set by hand have brought so far, beside as many in random order."""

import pandas as pd
import streamlit as st

from engine.storage.workspace import Workspace
from engine.training.answers import GROWTH, GROWTH_STEP, GrowthInput, LabelGrowth
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, names, range_charts
from pages.ui.parts.charts import draw


def show_growth(current: Workspace, hand: pd.DataFrame, task: str, head: str) -> None:
    """The chart for `head`, drawn anew after every ten labels; before, how many are missing.

    `hand` holds the corrections of `task`.
    """
    labels = int((hand["head"] == head).sum())
    if labels < GROWTH_STEP:
        st.caption(t("labels.growth.more", n=GROWTH_STEP - labels))
        return
    body = GrowthInput(task, head, labels // GROWTH_STEP * GROWTH_STEP)
    answer = answers.ask(current, GROWTH, body)
    if answer is None:
        return
    if len(answer.value.sizes) < 2:
        st.caption(t("labels.growth.held_out"))
        return
    _draw(answer.value)


def _draw(growth: LabelGrowth) -> None:
    figure = range_charts.band(
        growth.sizes,
        growth.by_hand,
        [(t("labels.growth.range"), growth.random_low, growth.random_high)],
        name=t("labels.growth.by_hand"),
        x_name=t("labels.growth.labels"),
        y_name=names.metric("macro_f1"),
        y_format=".3f",
        zero=False,
    )
    range_charts.add_line(figure, growth.sizes, growth.at_random, name=t("labels.growth.at_random"))
    lead = growth.by_hand[-1] - growth.random_high[-1]
    behind = growth.random_low[-1] - growth.by_hand[-1]
    code = "ahead" if lead > 0 else "behind" if behind > 0 else "alike"
    draw(
        figure,
        title=t(
            f"labels.growth.{code}",
            n=growth.sizes[-1],
            gain=f"{growth.by_hand[-1] - growth.by_hand[0]:+.3f}",
            random=f"{growth.at_random[-1] - growth.at_random[0]:+.3f}",
        ),
        note=t(
            "labels.growth.note",
            start=f"{growth.n_start:,}",
            n=f"{growth.n_validation:,}",
        ),
        key="label_growth",
    )
