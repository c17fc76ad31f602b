"""One query: the results of every system side by side, or for judging."""

import streamlit as st

from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchAnswer, SearchInput
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import answers, query_box, query_suggestions
from pages.ui.search import filters, session_rank
from pages.ui.search.controls import SIZES
from pages.ui.search.judging import offer_round, show_judging
from pages.ui.search.systems import Column, Mode, columns
from pages.ui.search.together import show_together
from pages.ui.search.view import show_columns

MOST = max(*SIZES, session_rank.DEPTH)
JUDGING = ("alone", "together")
UNKNOWN = 0.2  # from this share of unknown pieces on, an encoder guesses


def show_results(current: Workspace, query: str, run_id: str | None, mode: Mode, size: int) -> None:
    """The results of `query`, with the filters that it holds and what this session looked at."""
    if not query:
        _show_empty()
        return
    asked = filters.choose_filters(current, query)
    found = ask(current, asked, run_id, mode)
    if found is not None:
        show_columns(current, asked.text, session_rank.follow(current, found, size), size)


def show_judged(current: Workspace, query: str, run_id: str | None, mode: Mode) -> None:
    """The results of `query` for judging, by systems that no filter and nobody's clicks moved."""
    if not query:
        _show_empty()
        return
    found = ask(current, filters.Asked(query, []), run_id, mode)
    if found is not None:
        st.subheader(t("search.judging.title", query=escape(query)), anchor=False)
        how = st.segmented_control(
            t("search.together.mode"),
            JUDGING,
            default=JUDGING[0],
            required=True,
            format_func=lambda name: t(f"search.together.modes.{name}"),
            key="judge_mode",
            label_visibility="collapsed",
            persist_state="session",
        )
        if how == "together":
            show_together(current, query, found)
        else:
            show_judging(current, query, found)
            offer_round(current, run_id, mode)


def ask(
    current: Workspace, asked: filters.Asked, run_id: str | None, mode: Mode
) -> list[Column] | None:
    """The columns of one query, with how fast they came; None after an error was shown."""
    payload = [SearchInput(asked.text, MOST, tuple(asked.filters))]
    by_page = query_box.is_example()
    untuned = answers.ask(current, PREDICT, payload, by_page=by_page)
    if untuned is None:
        return None
    tuned = answers.ask(current, PREDICT, payload, run_id, by_page=by_page) if run_id else None
    if run_id and tuned is None:
        return None
    query_suggestions.model_is_ready(current, asked.text)
    answers.show_times({"untuned": untuned, "tuned": tuned})
    _warn(tuned.value[0] if tuned else untuned.value[0])
    return columns(untuned.value[0], tuned.value[0] if tuned else None, run_id or "", mode)


def _warn(answer: SearchAnswer) -> None:
    if answer.unknown_share >= UNKNOWN:
        share = f"{answer.unknown_share:.0%}"
        st.warning(t("search.unknown", share=share), icon=":material/translate:")


def _show_empty() -> None:
    with st.container(border=True, key="no_query"):
        st.markdown(f"**{t('search.empty.title')}**")
        st.markdown(t("search.empty.text"))
