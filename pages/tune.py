import pandas as pd
import streamlit as st

from engine import jobs
from engine.config import TrainingConfig
from engine.errors import InputError
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts import names, tables
from pages.ui.training.estimate import known_plan, show_estimate
from pages.ui.training.job_panel import show_panel, show_stopped
from pages.ui.training.outcome import outcome
from pages.ui.training.readiness import readiness, show_card
from pages.ui.training.training_form import choose_start, choose_task, refine_settings

current = shell.open_page("tune")


def offer_start(current: Workspace, task: str, config: TrainingConfig) -> None:
    """The estimate, and the button that puts the training in the queue."""
    show_estimate(current, task, config)
    if st.button(
        t("tune.start"), type="primary", icon=":material/play_arrow:", key="start", width="stretch"
    ):
        plan = known_plan(current, task, config)
        seconds = plan["seconds"] if plan else None
        jobs.submit(current.name, task, config.model_dump(), predicted_seconds=seconds)
        st.toast(t("tune.started"))
        st.rerun()
    st.caption(t("tune.outlives"))


def show_form(current: Workspace) -> None:
    """Everything to choose before a start, beside what it will take."""
    with st.container(border=True, key="form"):
        task = choose_task()
        found = readiness(current)[task]
        left, right = st.columns([3, 2], gap="large")
        with right:
            show_card(task, found)
            if found.level == "missing":
                st.page_link(
                    shell.page_file("data"), label=t("tune.add_data"), icon=shell.ICONS["data"]
                )
        with left:
            start = choose_start(current, task)
        try:
            config = refine_settings(start, task)
        except InputError as error:
            shell.show_error(error)
            return
        if found.level != "missing":
            with right:
                offer_start(current, task, config)


def show_runs(current: Workspace) -> None:
    """Every finished training with what it was before and after."""
    st.header(t("tune.runs.title"), anchor=False)
    runs = list_runs(current)
    if not runs:
        st.caption(t("tune.runs.none"))
        return
    labels = {name: t(f"tune.runs.{name}") for name in ROW}
    number = st.column_config.NumberColumn
    tables.show(
        pd.DataFrame([run_row(run) for run in runs]),
        labels=labels,
        config={
            name: number(labels[name], format="%.3f") for name in ("before", "baseline", "after")
        },
        alt=t("tune.runs.title"),
        key="runs",
    )
    st.page_link(
        shell.page_file("compare"), label=t("tune.open.compare"), icon=shell.ICONS["compare"]
    )


ROW = (
    "time",
    "task",
    "verdict",
    "before",
    "baseline",
    "after",
    "metric",
    "model",
    "preset",
    "took",
)


def run_row(run: Run) -> dict[str, object]:
    """One run as a row of the table."""
    found = outcome(run)
    metric = run.primary_metric
    return {
        "time": names.moment(run.created),
        "task": t(f"app.tasks.{run.task}"),
        "verdict": t(f"tune.verdicts.{found.verdict}"),
        "before": run.before[metric],
        "baseline": max(row[metric] for row in run.baselines.values()),
        "after": run.after[metric],
        "metric": names.metric(metric),
        "model": run.model,
        "preset": names.preset(run.config.get("preset", "")),
        "took": names.duration(run.seconds),
    }


show_panel(current)
show_form(current)
show_stopped(current)
show_runs(current)
