"""The plan: what so many days show, what guardrails they allow, and keeping it on disk."""

import time

import pandas as pd
import streamlit as st

from engine.experiment.duration import days_needed, trial_of
from engine.experiment.metrics import available_metrics
from engine.experiment.plan import LONGEST_HYPOTHESIS, Guardrail, Plan
from engine.experiment.power import Baseline, smallest_harm
from engine.experiment.store import PlanStore
from pages.ui.experiment.setup import Setup
from pages.ui.experiment.wording import effect_text, value_text
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, names, range_charts, tables
from pages.ui.parts.amounts import percent
from pages.ui.parts.errors import shown_errors

_MARGIN = 0.02
# Effects above this share would squeeze the rest of the curve together.
_LARGEST_SHOWN = 1.0


def show_plan(setup: Setup) -> None:
    """The smallest effect by days, the guardrails, and the button that keeps the plan."""
    trial = setup.trial
    figures = {
        "effect": effect_text(trial.effect),
        "shoppers": f"{trial.shoppers:,.0f}",
        "baseline": value_text(setup.metric, trial.baseline.value),
        "days": t("experiment.plan.n_days", n=setup.days),
    }
    with st.grid(4, min_column_width=170, gap="small", key="plan_figures"):
        for name, value in figures.items():
            st.metric(t(f"experiment.plan.{name}"), value, help=t(f"experiment.plan.{name}_help"))
    _draw_curve(setup)
    _show_days_for(setup)
    if setup.cuped:
        _say_cuped(setup)
    guardrails = _choose_guardrails(setup)
    _offer_keeping(setup, guardrails)


def _draw_curve(setup: Setup) -> None:
    shown = [trial for trial in setup.trials() if trial.effect <= _LARGEST_SHOWN]
    if not shown:
        st.warning(t("experiment.plan.too_small"), icon=":material/help:")
        return
    figure = charts.curve(
        {
            t("experiment.plan.effect"): (
                [trial.days for trial in shown],
                [100 * trial.effect for trial in shown],
            )
        },
        x_name=t("experiment.plan.days_axis"),
        y_name=t("experiment.plan.effect_axis"),
        from_zero=True,
    )
    range_charts.mark(figure, setup.days, t("experiment.plan.n_days", n=setup.days))
    if setup.log.days < shown[-1].days and setup.log.days != setup.days:
        range_charts.mark(figure, setup.log.days, t("experiment.plan.log_ends"))
    charts.draw(
        figure,
        title=t(
            "experiment.plan.title",
            n=setup.days,
            effect=effect_text(setup.trial.effect),
            metric=names.metric(setup.metric),
            power=percent(setup.design.power),
        ),
        note=t("experiment.plan.note", n=setup.log.days),
        key="effect_by_days",
    )


def _show_days_for(setup: Setup) -> None:
    """From an effect to days, for those who think the other way around."""
    wanted = st.number_input(
        t("experiment.plan.wanted"), 0.1, 500.0, 5.0, step=0.5, key="wanted_effect", width=260
    )
    days = days_needed(setup.log, setup.metric, wanted / 100, setup.design, setup.traffic)
    code = "takes" if days is not None else "takes_too_long"
    text = t(f"experiment.plan.{code}", effect=percent(wanted / 100), n=days or 0)
    st.caption(escape(text))


def _say_cuped(setup: Setup) -> None:
    cuped = setup.trial.cuped
    if cuped is None:
        st.caption(t("experiment.plan.no_cuped", n=2 * setup.days))
        return
    text = t(
        "experiment.plan.cuped",
        saved=percent(1 - cuped.kept),
        returning=percent(cuped.returning),
    )
    st.caption(escape(text))


def _choose_guardrails(setup: Setup) -> tuple[Guardrail, ...]:
    """Metrics that must not fall, by what margin, and what the test can rule out."""
    st.markdown(f"**{t('experiment.plan.guardrails')}**")
    others = [name for name in available_metrics(setup.log) if name != setup.metric]
    labels = {name: names.metric(name) for name in others}
    left, right = st.columns([3, 1], gap="medium")
    with left:
        chosen = st.multiselect(
            t("experiment.plan.guard"),
            others,
            [name for name in ("revenue_per_shopper", "search_clicks") if name in others],
            format_func=labels.__getitem__,
            placeholder="",
            key=f"guardrails_{setup.metric}",
        )
    with right:
        margin = st.number_input(
            t("experiment.plan.margin"), 0.1, 50.0, 100 * _MARGIN, step=0.5, key="guard_margin"
        )
    guardrails = tuple(Guardrail(name, margin / 100, _shown_harm(setup, name)) for name in chosen)
    if guardrails:
        rows = pd.DataFrame(
            {
                "metric": [names.metric(one.metric) for one in guardrails],
                "margin": [percent(one.margin) for one in guardrails],
                "shown": [effect_text(one.shown) for one in guardrails],
                "enough": [
                    t(f"experiment.plan.{'enough' if one.shown <= one.margin else 'too_little'}")
                    for one in guardrails
                ],
            }
        )
        headings = {str(name): t(f"experiment.plan.columns.{name}") for name in rows}
        tables.show(rows, labels=headings, alt=t("experiment.plan.guardrails"), key="guard_table")
    return guardrails


def _shown_harm(setup: Setup, metric: str) -> float:
    trial = trial_of(setup.log, metric, setup.days, setup.design, setup.traffic)
    baseline: Baseline = trial.baseline
    return smallest_harm(baseline, trial.shoppers, setup.design)


def _offer_keeping(setup: Setup, guardrails: tuple[Guardrail, ...]) -> None:
    store = PlanStore(setup.current)
    kept = store.read()
    st.text_area(
        t("experiment.plan.hypothesis"),
        kept.hypothesis if kept else "",
        max_chars=LONGEST_HYPOTHESIS,
        placeholder=t("experiment.plan.hypothesis_placeholder"),
        height=80,
        key="hypothesis",
    )
    looks = {name: t(f"experiment.plan.looks.{name}") for name in ("once", "any_time")}
    look = st.segmented_control(
        t("experiment.plan.read"),
        list(looks),
        default="once",
        required=True,
        format_func=looks.__getitem__,
        key="plan_looks",
    )
    st.button(
        t("experiment.plan.keep"),
        icon=":material/save:",
        type="primary",
        key="keep_plan",
        disabled=setup.is_example or setup.trial.effect == float("inf"),
        on_click=_keep,
        args=(setup, store, guardrails, look or "once"),
    )
    if kept is not None:
        text = t(
            "experiment.plan.kept_plan",
            metric=names.metric(kept.metric),
            n=kept.days,
            shoppers=f"{kept.shoppers:,}",
            effect=percent(kept.effect),
        )
        st.caption(escape(text))


def _keep(setup: Setup, store: PlanStore, guardrails: tuple[Guardrail, ...], looks: str) -> None:
    trial = setup.trial
    # Streamlit limits what is typed, and not what a program sends.
    hypothesis = str(st.session_state["hypothesis"] or "")[:LONGEST_HYPOTHESIS]
    plan = Plan(
        hypothesis=" ".join(hypothesis.split()),
        metric=setup.metric,
        kind=trial.baseline.kind,
        baseline=trial.baseline.value,
        variance=trial.baseline.variance,
        effect=trial.effect,
        days=setup.days,
        shoppers=round(trial.shoppers),
        traffic=setup.traffic,
        design=setup.design,
        looks="any_time" if looks == "any_time" else "once",
        cap=setup.cap,
        cuped=trial.cuped.kept if setup.cuped and trial.cuped else 1.0,
        guardrails=guardrails,
        data_fingerprint=session.tables(setup.current).fingerprint,
        created=time.time(),
    )
    with shown_errors():
        store.save(plan)
        st.toast(t("experiment.plan.kept"), icon=":material/check:")
