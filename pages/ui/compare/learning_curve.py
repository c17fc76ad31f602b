"""How much data is enough: the learning curve of a task, and what the next labels are worth."""

import numpy as np
import streamlit as st

from engine import jobs
from engine.case.from_log import current_assumptions
from engine.case.label_price import BATCH, LabellingCost, LabelPrice, price_labels
from engine.case.store import CaseStore
from engine.jobs.job import CURVE
from engine.storage.learning_curves import list_curves
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.training.curve_outcome import CurveOutcome, gain_text, say_curve
from pages.ui.frame import i18n, session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, names, range_charts
from pages.ui.parts.amounts import money
from pages.ui.parts.errors import shown_errors
from pages.ui.training.job_panel import show_followed

# How far beyond the data the chart looks.
FARTHEST = 4


def show_learning_curve(current: Workspace, run: Run) -> None:
    """The newest curve of the run's task with its forecast and the price of a label; or a start."""
    st.header(t("compare.curve.title"), anchor=False)
    active = show_followed(current, CURVE, run.task)
    measured = list_curves(current, run.task)
    if measured:
        outcome = CurveOutcome(measured[0])
        if measured[0].data_fingerprint != session.tables(current).fingerprint:
            st.caption(t("compare.curve.outdated"))
        _draw(outcome)
        for sentence in say_curve(outcome, i18n.language())[1:]:
            st.markdown(escape(sentence))
        _show_price(current, outcome)
    elif not active:
        st.markdown(t("compare.curve.intro"))
    label = t("compare.curve.again" if measured else "compare.curve.start")
    if not active and st.button(label, icon=":material/ssid_chart:", key="measure_curve"):
        _start(current, run)


def _start(current: Workspace, run: Run) -> None:
    with shown_errors():
        jobs.submit(
            current.name,
            run.task,
            {**run.config, "train_share": 1.0},
            kind=CURVE,
            owner=session.owner(),
        )
        st.rerun()


def _draw(outcome: CurveOutcome) -> None:
    curve, law = outcome.curve, outcome.law
    sizes = np.geomspace(outcome.sizes[0], FARTHEST * outcome.sizes[-1], 40)
    predicted = [law.predict(size) for size in sizes]
    metric = names.metric(curve.primary_metric)
    figure = range_charts.band(
        sizes.round().tolist(),
        [one.value for one in predicted],
        [
            (
                t("compare.curve.interval"),
                [one.low for one in predicted],
                [one.high for one in predicted],
            )
        ],
        name=t("compare.curve.law"),
        x_name=t("compare.curve.examples"),
        y_name=metric,
        y_format=".2f",
        zero=False,
    )
    range_charts.add_points(
        figure,
        outcome.sizes,
        [(one.value, one.low, one.high) for one in outcome.measured],
        name=names.system(curve.system),
    )
    baselines = [
        point.systems[curve.baseline][0]
        for point in curve.points
        if curve.baseline in point.systems
    ]
    range_charts.add_line(
        figure, outcome.sizes[-len(baselines) :], baselines, name=names.system(curve.baseline)
    )
    charts.draw(
        range_charts.mark(figure, outcome.sizes[-1], t("compare.curve.now")),
        title=say_curve(outcome, i18n.language())[0],
        note=t("compare.curve.note", metric=metric, n=f"{curve.n_test:,}"),
        key="learning_curve",
    )


def _show_price(current: Workspace, outcome: CurveOutcome) -> None:
    saved = CaseStore(current).read()
    assumptions = current_assumptions(session.tables(current), saved.assumptions if saved else None)
    st.markdown(f"**{t('compare.curve.price.title', n=BATCH)}**")
    usual = LabellingCost()
    with st.container(horizontal=True, vertical_alignment="bottom", key="label_price"):
        seconds = st.number_input(
            t("compare.curve.price.seconds"),
            0.0,
            3600.0,
            usual.seconds,
            step=5.0,
            key="label_seconds",
            persist_state="session",
        )
        wage = st.number_input(
            t("compare.curve.price.wage"),
            0.0,
            10_000.0,
            usual.wage,
            step=5.0,
            key="label_wage",
            persist_state="session",
        )
    price = price_labels(
        outcome.law, outcome.curve.primary_metric, assumptions, LabellingCost(seconds, wage)
    )
    with st.container(horizontal=True, gap="large", key="label_price_figures"):
        metric = names.metric(outcome.curve.primary_metric)
        st.metric(metric, f"{price.gain.value:+.4f}", width="content")
        st.metric(t("compare.curve.price.benefit"), money(price.benefit.value), width="content")
        st.metric(t("compare.curve.price.cost"), money(price.cost), width="content")
    st.markdown(escape(_sentence(price, metric, assumptions.months)))
    st.caption(t("compare.curve.price.note", months=assumptions.months))


def _sentence(price: LabelPrice, metric: str, months: int) -> str:
    codes = {None: "always", 0: "never"}
    code = codes.get(price.pays_until, "until")
    return t(
        f"compare.curve.price.{code}",
        n=f"{price.labels:,}",
        metric=metric,
        gain=gain_text(price.gain),
        low=money(price.benefit.low),
        high=money(price.benefit.high),
        until=f"{price.pays_until or 0:,}",
        months=months,
    )
