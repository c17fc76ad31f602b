"""What moves the case most, and what would be worth measuring before deciding."""

from dataclasses import dataclass

import streamlit as st

from engine.case.breakdown import likely_value, tornado
from engine.case.information import information_by_input, perfect_information, sample_information
from engine.errors import InputError
from engine.experiment.duration import trial_of
from engine.experiment.plan import SALES_METRICS
from engine.experiment.power import Design, standard_error
from engine.experiment.shopper_days import read_shopper_days
from engine.experiment.store import PlanStore
from pages.ui.case.assumptions_form import name_of
from pages.ui.case.setup import Setup
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, range_charts
from pages.ui.parts.amounts import money

_MOST_BARS = 8
_DAYS = (7, 14, 28, 56, 90)
# Less than this share of what is at stake changes no decision.
_NOTHING = 1e-4


def show_decision(setup: Setup) -> None:
    """Tornado, value of knowing each input, value of an experiment."""
    _draw_tornado(setup)
    value = setup.outcome.value
    most = perfect_information(value)
    if most <= _NOTHING * float(abs(value).mean()):
        code = "go" if setup.outcome.mean > 0 else "stop"
        st.info(escape(t(f"case.decision.clear_{code}")), icon=":material/gavel:")
        return
    _draw_information(setup, most)
    _draw_experiment(setup)


def _draw_tornado(setup: Setup) -> None:
    gain = setup.chosen.gain
    swings = tornado(setup.assumptions, gain)[:_MOST_BARS]
    if not swings:
        return
    start = likely_value(setup.assumptions, gain)
    figure = range_charts.tornado(
        [name_of(swing.name) for swing in swings],
        [swing.low for swing in swings],
        [swing.high for swing in swings],
        start=start,
        value_name=t("case.money.value", months=setup.outcome.months),
        end_names=(t("case.decision.low_end"), t("case.decision.high_end")),
    )
    charts.draw(
        figure,
        title=t("case.decision.tornado", name=name_of(swings[0].name)),
        note=t("case.decision.tornado_note", start=money(start)),
        key="tornado",
    )


def _draw_information(setup: Setup, most: float) -> None:
    worth = information_by_input(setup.outcome)
    first = next(iter(worth))
    shown = [name for name, value in worth.items() if value > _NOTHING * most][:_MOST_BARS]
    if not shown:
        st.info(escape(t("case.decision.none_alone", most=money(most))), icon=":material/gavel:")
        return
    charts.draw(
        charts.bars(
            [name_of(name) for name in shown],
            [worth[name] for name in shown],
            value_name=t("case.decision.worth"),
        ),
        title=t("case.decision.information", name=name_of(first), value=money(worth[first])),
        note=t("case.decision.information_note", most=money(most)),
        key="information",
    )


@dataclass(frozen=True)
class _Precision:
    """How precisely an experiment of so many days measures the change of sales."""

    days: int
    error: float


def _draw_experiment(setup: Setup) -> None:
    """What experiments of different lengths are worth, by the shop's own traffic."""
    plan = PlanStore(setup.current).read()
    metric = plan.metric if plan and plan.metric in SALES_METRICS else "visit_conversion"
    precisions = _precisions(setup, metric)
    if plan and plan.metric in SALES_METRICS:
        worth = sample_information(setup.outcome, plan.relative_error)
        text = t("case.decision.plan", days=plan.days, value=money(worth))
        st.info(escape(text), icon=":material/science:")
    if precisions:
        values = [sample_information(setup.outcome, one.error) for one in precisions]
        charts.draw(
            charts.curve(
                {t("case.decision.worth"): ([one.days for one in precisions], values)},
                x_name=t("case.decision.days"),
                y_name=t("case.decision.worth"),
                markers=True,
                from_zero=True,
            ),
            title=t("case.decision.experiment", days=precisions[-1].days, value=money(values[-1])),
            note=t("case.decision.experiment_note"),
            key="experiment_worth",
        )
    if shell.available("experiment"):
        st.page_link(
            shell.page_file("experiment"),
            label=t("case.decision.open"),
            icon=shell.ICONS["experiment"],
        )


def _precisions(setup: Setup, metric: str) -> list[_Precision]:
    try:
        log = read_shopper_days(session.tables(setup.current))
    except InputError:
        return []
    precisions = []
    for days in _DAYS:
        trial = trial_of(log, metric, days, Design())
        if trial.baseline.value > 0:
            error = standard_error(trial.baseline, trial.shoppers, Design())
            precisions.append(_Precision(days, error / trial.baseline.value))
    return precisions
