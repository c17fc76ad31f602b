"""Everything to choose before a training starts, beside what it will take."""

import streamlit as st

from engine import jobs
from engine.config import TrainingConfig
from engine.errors import InputError
from engine.storage.workspace import Workspace
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import t
from pages.ui.parts.errors import show_error, shown_errors
from pages.ui.training.estimate import known_plan, show_estimate
from pages.ui.training.readiness import readiness, show_card
from pages.ui.training.training_form import choose_start, choose_task, refine_settings
from pages.ui.tune.sweep import offer_sweep


def show_form(current: Workspace) -> None:
    """Everything to choose before a start, beside what it will take."""
    with st.container(border=True, key="form"):
        task = choose_task()
        state = readiness(current)[task]
        left, right = st.columns([3, 2], gap="large")
        with right:
            show_card(task, state)
            if state.level == "missing":
                st.page_link(
                    shell.page_file("data"), label=t("tune.add_data"), icon=shell.ICONS["data"]
                )
        with left:
            start = choose_start(current, task)
        try:
            config = refine_settings(start, task)
        except InputError as error:
            show_error(error)
            return
        if state.level != "missing":
            with right:
                _offer_start(current, task, config)
            with left:
                offer_sweep(current, task, config)


def _offer_start(current: Workspace, task: str, config: TrainingConfig) -> None:
    """The estimate, and the button that puts the training in the queue."""
    show_estimate(current, task, config)
    if st.button(
        t("tune.start"), type="primary", icon=":material/play_arrow:", key="start", width="stretch"
    ):
        plan = known_plan(current, task, config)
        seconds = plan.seconds if plan else None
        with shown_errors():
            jobs.submit(
                current.name,
                task,
                config.model_dump(),
                predicted_seconds=seconds,
                owner=session.owner(),
            )
            st.toast(t("tune.started"))
            st.rerun()
    st.caption(t("tune.outlives"))
