"""Which training of a task a page looks at."""

import streamlit as st

from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts import names


def choose_run(current: Workspace, task: str) -> Run | None:
    """The newest run of `task`, or the one chosen where there are several; None without any."""
    runs = {run.run_id: run for run in list_runs(current, task)}
    if len(runs) < 2:
        return next(iter(runs.values()), None)
    chosen = st.selectbox(
        t("runs.choose"),
        list(runs),
        format_func=lambda run_id: names.run(runs[run_id]),
        key=f"run_{task}",
        persist_state="session",
    )
    return runs.get(chosen) or next(iter(runs.values()))


def invite_to_tune(task: str) -> None:
    """What stands where a tuned model's answer would: how to get one."""
    with st.container(border=True, key=f"invite_{task}"):
        st.markdown(f"**{t('runs.none')}**")
        st.markdown(names.task_text(task, "invite"))
        if shell.available("tune"):
            st.page_link(shell.page_file("tune"), label=t("runs.tune"), icon=shell.ICONS["tune"])
