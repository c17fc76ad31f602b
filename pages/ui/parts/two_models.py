"""One input, read by the pretrained and by the tuned model: both answers beside each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from engine.codec import Call
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import answers, charts
from pages.ui.parts.runs import invite_to_tune

Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(frozen=True)
class BothAnswers(Generic[Output]):
    """What the untuned model answers, and the tuned one where there is a run."""

    untuned: Output
    tuned: Output | None

    @property
    def best(self) -> Output:
        """The answer to believe: the tuned one where there is one."""
        return self.untuned if self.tuned is None else self.tuned

    @property
    def by_place(self) -> dict[str, Output]:
        """The answers by who gave them, `untuned` and, if there is one, `tuned`."""
        tuned = {} if self.tuned is None else {"tuned": self.tuned}
        return {"untuned": self.untuned, **tuned}


def ask_both(
    current: Workspace,
    call: Call[list[Input], list[Output]],
    item: Input,
    run_id: str | None,
    *,
    by_page: bool = False,
) -> BothAnswers[Output] | None:
    """Both models' answers to one input; says how long they took.

    Only the untuned model is asked where `run_id` is None. None when one of them gave no answer:
    the page has said why. `by_page` is as of `answers.ask`.
    """
    untuned = answers.ask(current, call, [item], by_page=by_page)
    tuned = answers.ask(current, call, [item], run_id, by_page=by_page) if run_id else None
    if untuned is None or (run_id and tuned is None):
        return None
    answers.show_times({"untuned": untuned} | ({"tuned": tuned} if tuned else {}))
    return BothAnswers(untuned.value[0], tuned.value[0] if tuned else None)


def show_both(task: str, both: BothAnswers[Output], show: Callable[[Output, str], None]) -> None:
    """`show` each answer in a column of its own; without a tuned one how to get it."""
    with st.grid(2, min_column_width=320, gap="large", key="answers"):
        for place in ("untuned", "tuned"):
            with st.container(key=f"answer_{place}"):
                st.subheader(t(f"runs.places.{place}"), anchor=False)
                if place in both.by_place:
                    show(both.by_place[place], place)
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
