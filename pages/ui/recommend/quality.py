"""How good the recommendations are, how honest their probabilities, and what reranking costs."""

import pandas as pd
import streamlit as st

from engine.evaluation.classification import calibration_curve
from engine.evaluation.compare import paired_interval
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, names
from pages.ui.parts.runs import invite_to_tune
from pages.ui.recommend.heldout import shown_products
from pages.ui.recommend.tradeoff import show_tradeoffs
from pages.ui.training import comparison
from pages.ui.training.outcome import interval_text, show_outcome
from pages.ui.training.systems import bars_of, link_to_compare, show_metrics

_FORMATS = dict.fromkeys(("ndcg@10", "auc", "log_loss", "ece"), "%.3f")
_HONEST = 0.05


def show_quality(current: Workspace, run: Run | None) -> None:
    """The verdict, every system with its interval, the reliability of probabilities, and costs."""
    if run is None:
        invite_to_tune("interest")
        return
    show_outcome(run)
    compared = comparison.compare(current, run)
    charts.draw(
        bars_of(compared.measured, run.primary_metric, run.recommended),
        title=t(
            "recommend.quality.finding",
            system=names.system(run.recommended),
            value=f"{run.after[run.primary_metric]:.3f}",
        ),
        note=t("recommend.quality.note", n=f"{run.n_test:,}"),
        key="chart_quality",
    )
    _show_fair_rival(run, compared)
    left, right = st.columns(2, gap="large")
    shown = shown_products(current, run)
    if shown is None:
        st.info(t("recommend.quality.older"), icon=":material/history:")
    else:
        with left:
            _show_reliability(run, shown)
        with right:
            show_tradeoffs(current, run)
    show_metrics(run, compared.systems, _FORMATS, t("recommend.quality.table"))
    st.caption(t("recommend.quality.metrics"))
    link_to_compare()


def _show_fair_rival(run: Run, compared: comparison.Comparison) -> None:
    """Compare the order that was shown with the system that knows the positions as well."""
    at_place, shown = "tuned_at_place", "shown"
    if not {at_place, shown} <= set(compared.systems):
        return
    st.caption(
        escape(
            t(
                "recommend.quality.with_places",
                ours=f"{compared.measured['value'][at_place]:.3f}",
                shown=f"{compared.measured['value'][shown]:.3f}",
                interval=interval_text(paired_interval(compared.heldout, at_place, shown)),
            )
        )
    )


def _show_reliability(run: Run, shown: pd.DataFrame) -> None:
    """Whether one in five of the products with a probability of 20 % is clicked."""
    curve = calibration_curve(shown["clicked"], shown["chance"])
    claimed, real = shown["chance"].mean(), shown["clicked"].mean()
    gap = run.after["ece"]
    code = "honest" if gap <= _HONEST else "too_high" if claimed > real else "too_low"
    figure = charts.curve(
        {
            t("recommend.quality.model"): (
                curve["confidence"].tolist(),
                curve["accuracy"].tolist(),
            ),
            t("recommend.quality.perfect"): ([0, 1], [0, 1]),
        },
        x_name=t("recommend.quality.chance"),
        y_name=t("recommend.quality.clicked"),
        markers=True,
    )
    figure.data[1].update(mode="lines", line={"color": charts.GREY, "dash": "dash", "width": 1.5})
    end = min(1.0, 1.1 * max(curve["confidence"].max(), curve["accuracy"].max()))
    figure.update_xaxes(range=[0, end], tickformat=".0%")
    figure.update_yaxes(range=[0, end], tickformat=".0%")
    charts.draw(
        figure,
        title=t(f"recommend.quality.{code}", claimed=f"{claimed:.1%}", real=f"{real:.1%}"),
        note=t("recommend.quality.reliability_note", gap=f"{100 * gap:.1f}", n=f"{len(shown):,}"),
        key="chart_reliability",
    )
