"""The finished trainings of a shop, each with its figures before and after."""

import pandas as pd
import streamlit as st

from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts import names, tables, terms

_COLUMNS = (
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


def show_runs(current: Workspace) -> None:
    """Every finished training with what it was before and after."""
    st.header(t("tune.runs.title"), anchor=False)
    runs = list_runs(current)
    if not runs:
        st.caption(t("tune.runs.none"))
        return
    labels = {name: t(f"tune.runs.{name}") for name in _COLUMNS}
    number = st.column_config.NumberColumn
    metrics = dict.fromkeys(run.primary_metric for run in runs)
    measures = [term.key for term in map(terms.of_metric, metrics) if term is not None]
    terms.explain(*measures, "held_out", "baseline", key="terms_runs")
    tables.show(
        pd.DataFrame([_run_row(run) for run in runs]),
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


def _run_row(run: Run) -> dict[str, object]:
    """One run as a row of the table."""
    result = outcome(run)
    metric = run.primary_metric
    return {
        "time": names.moment(run.created),
        "task": names.task(run.task),
        "verdict": t(f"tune.verdicts.{result.verdict}"),
        "before": run.before[metric],
        "baseline": max(row[metric] for row in run.baselines.values()),
        "after": run.after[metric],
        "metric": names.metric(metric),
        "model": run.model,
        "preset": names.preset(run.config.get("preset", "")),
        "took": names.duration(run.seconds),
    }
