"""How often each system finds the product left out of a basket, and how varied it is."""

import pandas as pd
import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui import charts, comparison, names, shell, tables
from pages.ui.i18n import t
from pages.ui.outcome import show_outcome
from pages.ui.runs import invite_to_tune

_METRICS = ("ndcg@10", "hr@10", "coverage@10", "novelty@10")
_FORMATS = {"hr@10": "%.3f", "coverage@10": "%.3f", "novelty@10": "%.1f", "ndcg@10": "%.3f"}


def show_quality(current: Workspace, run: Run | None) -> None:
    """The verdict, every system with its interval, and what breadth each has."""
    if run is None:
        invite_to_tune("cross_sell")
        return
    show_outcome(run)
    found = comparison.compare(current, run)
    metrics = comparison.metrics_of(run)
    order = found.systems
    hits = metrics[run.recommended].get("hr@10", 0.0)
    charts.draw(
        charts.bars_with_interval(
            [names.system(name) for name in order],
            found.measured["value"].tolist(),
            found.measured["low"].tolist(),
            found.measured["high"].tolist(),
            value_name=names.metric(run.primary_metric),
            highlight=names.system(run.recommended),
        ),
        title=t(
            "cross_sell.quality.finding",
            system=names.system(run.recommended),
            n=f"{10 * hits:.1f}",
        ),
        note=t("cross_sell.quality.note", n=f"{run.n_test:,}"),
        key="chart_quality",
    )
    frame = pd.DataFrame(
        [
            {"system": names.system(name)}
            | {metric: metrics[name].get(metric) for metric in _METRICS}
            for name in order
        ]
    )
    labels = {name: names.metric(name) for name in _METRICS} | {"system": t("compare.system")}
    number = st.column_config.NumberColumn
    config = {name: number(labels[name], format=form) for name, form in _FORMATS.items()}
    tables.show(
        frame, labels=labels, config=config, alt=t("cross_sell.quality.table"), key="quality"
    )
    st.caption(t("cross_sell.quality.metrics"))
    st.page_link(
        shell.page_file("compare"), label=t("tune.open.compare"), icon=shell.ICONS["compare"]
    )
