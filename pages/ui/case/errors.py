"""What errors cost: two prices, a threshold, and money on held-out answers."""

import streamlit as st

from engine.case.error_costs import (
    Answers,
    Prices,
    cost_curve,
    read_answers,
    saving,
    systems_with_confidence,
)
from engine.storage.runs import Run, list_runs, load_heldout
from engine.storage.workspace import Workspace
from pages.ui.case.setup import Setup
from pages.ui.frame import session, shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import charts, names, range_charts
from pages.ui.parts.amounts import money, percent

_ALWAYS, _NEVER = 0.0, 1.01
_MOST_PRICE, _MOST_ANSWERS = 1e6, 1e9


def show_errors(setup: Setup) -> None:
    """From two prices to a threshold, and what it saves on a run's held-out answers."""
    st.markdown(t("case.errors.intro"))
    runs = {run.run_id: run for run in list_runs(setup.current) if _systems(setup.current, run)}
    with st.container(horizontal=True, key="error_prices"):
        prices = Prices(
            *(
                st.number_input(
                    t(f"case.errors.{name}"),
                    0.0,
                    _MOST_PRICE,
                    start,
                    help=t(f"case.errors.{name}_help"),
                    key=f"price_{name}",
                    width=220,
                )
                for name, start in (("false_alarm", 3.0), ("miss", 1.0))
            )
        )
        answers_a_month = st.number_input(
            t("case.errors.answers"), 1, int(_MOST_ANSWERS), 1_000, key="answers", width=220
        )
    st.markdown(t("case.errors.threshold", threshold=percent(prices.threshold)))
    if not runs:
        st.info(t("case.errors.no_run"), icon=":material/science:")
        if shell.available("tune"):
            st.page_link(shell.page_file("tune"), label=t("runs.tune"), icon=shell.ICONS["tune"])
        return
    answers = _choose_answers(setup.current, runs)
    if answers is None or not len(answers):
        st.info(t("case.errors.no_run"), icon=":material/science:")
        return
    _draw(answers, prices, answers_a_month)


def _choose_answers(current: Workspace, runs: dict[str, Run]) -> Answers | None:
    with st.container(horizontal=True, key="error_run"):
        labels = {name: f"{names.task(run.task)} · {names.run(run)}" for name, run in runs.items()}
        run_id = st.selectbox(
            t("runs.choose"),
            list(runs),
            format_func=labels.__getitem__,
            key="error_run_id",
        )
        run = runs[run_id]
        heads = {head: names.head(head) for head in _heads(current, run)}
        head = next(iter(heads))
        if len(heads) > 1:
            head = st.selectbox(
                t("case.errors.head"),
                list(heads),
                format_func=heads.__getitem__,
                key=f"head_{run.task}",
            )
    systems = _systems(current, run)
    system = run.recommended if run.recommended in systems else systems[-1]
    st.caption(escape(t("case.errors.system", system=names.system(system), n=f"{run.n_test:,}")))
    return _answers(current, run, system, head)


def _draw(answers: Answers, prices: Prices, answers_a_month: int) -> None:
    curve = cost_curve(answers, prices)
    shown = curve.thresholds <= 1
    figure = charts.curve(
        {
            t("case.errors.cost"): (
                (100 * curve.thresholds[shown]).tolist(),
                (1_000 * curve.costs[shown]).tolist(),
            )
        },
        x_name=t("case.errors.threshold_axis"),
        y_name=t("case.errors.cost"),
        from_zero=True,
    )
    range_charts.mark(figure, 100 * prices.threshold, t("case.errors.mark"))
    cost = 1_000 * curve.at(prices.threshold)
    charts.draw(
        figure,
        title=t("case.errors.title", threshold=percent(prices.threshold), cost=money(cost)),
        note=t("case.errors.note", best=percent(min(curve.best, 1.0))),
        key="error_costs",
    )
    for code, other in (("always", _ALWAYS), ("never", _NEVER)):
        value, low, high = (answers_a_month * amount for amount in saving(answers, prices, other))
        text = t(f"case.errors.{code}", value=money(value), low=money(low), high=money(high))
        st.markdown(f"- {escape(text)}")


@session.per_shop(32)
def _systems(current: Workspace, run: Run) -> list[str]:
    return systems_with_confidence(load_heldout(current, run.run_id))


@session.per_shop(32)
def _heads(current: Workspace, run: Run) -> list[str]:
    return [str(head) for head in load_heldout(current, run.run_id)["head"].unique()]


@session.per_shop(32)
def _answers(current: Workspace, run: Run, system: str, head: str) -> Answers | None:
    return read_answers(load_heldout(current, run.run_id), system, head)
