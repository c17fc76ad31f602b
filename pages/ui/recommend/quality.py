"""Whether the recommendations are good, whether their chances are honest, and what wishes cost."""

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
from pages.ui.recommend.mix import show_costs
from pages.ui.training import comparison
from pages.ui.training.outcome import interval_text, show_outcome
from pages.ui.training.systems import bars_of, link_to_compare, show_metrics

_FORMATS = dict.fromkeys(("ndcg@10", "auc", "log_loss", "ece"), "%.3f")
_HONEST = 0.05


def show_quality(current: Workspace, run: Run | None) -> None:
    """The verdict, every system with its interval, the reliability of chances, and prices."""
    if run is None:
        invite_to_tune("interest")
        return
    show_outcome(run)
    found = comparison.compare(current, run)
    charts.draw(
        bars_of(found.measured, run.primary_metric, run.recommended),
        title=t(
            "recommend.quality.finding",
            system=names.system(run.recommended),
            value=f"{run.after[run.primary_metric]:.3f}",
        ),
        note=t("recommend.quality.note", n=f"{run.n_test:,}"),
        key="chart_quality",
    )
    _show_fair_rival(run, found)
    left, right = st.columns(2, gap="large")
    shown = shown_products(current, run)
    if shown is None:
        st.info(t("recommend.quality.older"), icon=":material/history:")
    else:
        with left:
            _show_reliability(run, shown)
        with right:
            show_costs(current, run)
    show_metrics(run, found.systems, _FORMATS, t("recommend.quality.table"))
    st.caption(t("recommend.quality.metrics"))
    link_to_compare()


def _show_fair_rival(run: Run, found: comparison.Comparison) -> None:
    """Who knows the places is compared with who knows them."""
    told, shown = "tuned_at_place", "shown"
    if not {told, shown} <= set(found.systems):
        return
    st.caption(
        escape(
            t(
                "recommend.quality.with_places",
                ours=f"{found.measured['value'][told]:.3f}",
                shown=f"{found.measured['value'][shown]:.3f}",
                interval=interval_text(paired_interval(found.heldout, told, shown)),
            )
        )
    )


def _show_reliability(run: Run, shown: pd.DataFrame) -> None:
    """Whether of the products with a chance of 20 % one in five is clicked."""
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
