"""How often each system finds the product left out of a basket, and how varied it is."""

import streamlit as st

from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, names
from pages.ui.parts.runs import invite_to_tune
from pages.ui.training import comparison
from pages.ui.training.outcome import show_outcome
from pages.ui.training.systems import bars_of, link_to_compare, show_metrics

_FORMATS = {"ndcg@10": "%.3f", "hr@10": "%.3f", "coverage@10": "%.3f", "novelty@10": "%.1f"}


def show_quality(current: Workspace, run: Run | None) -> None:
    """The verdict, every system with its interval, and what breadth each has."""
    if run is None:
        invite_to_tune("cross_sell")
        return
    show_outcome(run)
    found = comparison.compare(current, run)
    hits = run.after.get("hr@10", 0.0)
    charts.draw(
        bars_of(found.measured, run.primary_metric, run.recommended),
        title=t(
            "cross_sell.quality.finding",
            system=names.system(run.recommended),
            n=f"{10 * hits:.1f}",
        ),
        note=t("cross_sell.quality.note", n=f"{run.n_test:,}"),
        key="chart_quality",
    )
    show_metrics(run, found.systems, _FORMATS, t("cross_sell.quality.table"))
    st.caption(t("cross_sell.quality.metrics"))
    link_to_compare()
