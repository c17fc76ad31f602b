"""The choice of the training to look at, and of one to compare it with."""

import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.tasks import TASKS
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts import names

_LINKED = "compare_linked"


def follow_citation() -> None:
    """Let the link of a citation choose task and trainings; call it before the guard of the page.

    The link is used up, so that what is chosen on the page afterwards stays.
    """
    run, second = (st.query_params.pop(name, "") for name in ("run", "second"))
    if run:
        st.session_state[_LINKED] = (run, second)
        if (task := st.query_params.get("task")) in TASKS:
            st.session_state["task"] = task


def choose_runs(runs: list[Run]) -> tuple[Run, Run | None]:
    """The training to look at, the newest by default, and optionally one to compare it with."""
    by_id = {run.run_id: run for run in runs}
    labels = {run_id: names.run(run) for run_id, run in by_id.items()}
    alone = t("compare.second_none")
    task = runs[0].task
    first_key = f"first_{task}_{runs[0].run_id}"
    linked, linked_second = st.session_state.pop(_LINKED, ("", ""))
    if linked in by_id:
        st.session_state[first_key] = linked
        if linked_second in by_id:
            st.session_state[f"second_{task}_{linked}"] = linked_second
    left, right = st.columns(2, gap="medium")
    with left:
        first = st.selectbox(
            t("compare.run"),
            list(by_id),
            format_func=labels.__getitem__,
            # A new run makes a new widget, so the newest training is selected again.
            key=first_key,
            persist_state="session",
        )
    with right:
        second = st.selectbox(
            t("compare.second"),
            [None, *(run_id for run_id in by_id if run_id != first)],
            format_func=lambda run_id: labels.get(run_id, alone),
            help=t("compare.second_help"),
            key=f"second_{task}_{first}",
        )
    return by_id[first], by_id[second] if second else None


def show_nothing(current: Workspace) -> None:
    """What to do while there is no run of this task."""
    with st.container(border=True, key="no_runs"):
        st.markdown(t("compare.none_title"))
        running = shell.running_jobs(current)
        st.markdown(t("compare.running") if running else t("compare.none_text"))
        st.page_link(
            shell.page_file("tune"), label=t("compare.none_link"), icon=shell.ICONS["tune"]
        )
