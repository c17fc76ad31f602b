"""One text, read by the pretrained and by the tuned model: both answers beside each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks import find_call
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, charts
from pages.ui.parts.runs import invite_to_tune

Given = Mapping[str, Any]


def ask_both(
    current: Workspace, task: str, payload: Mapping[str, Any], run_id: str | None
) -> dict[str, Given] | None:
    """The answer to one input by `untuned` and, where there is a run, `tuned`; says how long.

    None when one of them gave no answer: the page has said why.
    """
    call = find_call(task, "predict")
    untuned = answers.ask(current, call, [payload])
    tuned = answers.ask(current, call, [payload], run_id) if run_id else None
    if untuned is None or (run_id and tuned is None):
        return None
    given = {"untuned": untuned} | ({"tuned": tuned} if tuned else {})
    answers.show_times(given)
    return {place: one.value[0] for place, one in given.items()}


def show_both(task: str, found: Mapping[str, Given], show: Callable[[Given, str], None]) -> None:
    """`show` each answer in its own column; without a tuned model, say how to get one."""
    with st.grid(2, min_column_width=320, gap="large", key="answers"):
        for place in ("untuned", "tuned"):
            with st.container(key=f"answer_{place}"):
                st.subheader(t(f"runs.places.{place}"), anchor=False)
                if place in found:
                    show(found[place], place)
                else:
                    invite_to_tune(task)


def show_unsure(unsure: bool) -> None:
    """The badge of an answer that should not be trusted."""
    if unsure:
        st.badge(t("runs.unsure"), icon=":material/help:", color="orange")


def draw_shares(labels: Sequence[str], shares: Sequence[float], best: str, key: str) -> None:
    """How likely each label is, the answer `best` highlighted."""
    figure = charts.bars(
        list(labels),
        list(shares),
        value_name=t("runs.confidence"),
        highlight=best,
        value_format=".0%",
    )
    # The same scale on both sides, so that lengths can be compared.
    figure.update_xaxes(range=[0, 1.15])
    st.plotly_chart(
        figure,
        config={"displayModeBar": False},
        key=key,
        alt=t("runs.bars", label=best, share=f"{max(shares):.0%}"),
    )
