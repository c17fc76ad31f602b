"""Call your shot: what each person expects of a training, and how it came out."""

import pandas as pd
import streamlit as st

from engine.course.exercise import Shot
from engine.course.forecasts import COVERAGE, OPENED, Forecasts, Scored, calibration, opened_at
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from pages.ui.frame import person
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import acts, charts, names, tables
from pages.ui.training.outcome import interval_text, sentence

LONGEST_NAME = 40
_NAME, _VALUE, _LOW, _HIGH = "person_name", "shot_value", "shot_low", "shot_high"
_FIRST = {_VALUE: 0.05, _LOW: 0.0, _HIGH: 0.1}


def show_shot(current: Workspace, shot: Shot) -> None:
    """The person's forecast of the next result, the result once it is called, and the chart."""
    with st.container(border=True, key="shot"):
        st.subheader(t("course.shot.title"), anchor=False)
        st.markdown(shot.ask)
        forecasts = Forecasts(current)
        runs = list_runs(current, shot.task)
        opened = opened_at(current, shot.task)
        waiting = [run for run in runs if run.run_id not in opened]
        pending = forecasts.pending(shot.task, person.current())
        if pending is not None:
            figures = interval_of(pending.value, pending.low, pending.high)
            st.markdown(t("course.shot.called", figures=figures))
        with st.expander(
            t("course.shot.again" if pending else "course.shot.call"),
            expanded=pending is None,
            icon=":material/flag:",
            key=f"call_{shot.task}",
        ):
            _ask(current, shot.task)
        if waiting and pending is not None:
            _offer_result(current, waiting[-1])
        elif waiting:
            st.caption(t("course.shot.withheld"))
        elif pending is not None:
            st.caption(t("course.shot.no_result"))
        if opened:
            _show_last(next((run for run in runs if run.run_id in opened), None))
        _show_calibration(forecasts.scored(shot.task))


def interval_of(value: float, low: float, high: float) -> str:
    """A gain with its range: `+0.050 [+0.000, +0.100]`."""
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _ask(current: Workspace, task: str) -> None:
    st.caption(t("course.shot.how", coverage=f"{COVERAGE:.0%}"))
    for key, value in _FIRST.items():
        st.session_state.setdefault(f"{key}_{task}", value)
    st.text_input(t("course.shot.name"), max_chars=LONGEST_NAME, key=_NAME, persist_state="session")
    with st.container(horizontal=True, key=f"shot_numbers_{task}"):
        for key in (_VALUE, _LOW, _HIGH):
            st.number_input(
                t(f"course.shot.{key}"),
                min_value=-1.0,
                max_value=1.0,
                step=0.01,
                format="%.3f",
                key=f"{key}_{task}",
                persist_state="session",
            )
    st.button(
        t("course.shot.submit"),
        type="primary",
        key=f"call_shot_{task}",
        on_click=_call,
        args=(current, task),
    )


@callback
def _call(current: Workspace, task: str) -> None:
    value, low, high = (float(st.session_state[f"{key}_{task}"]) for key in _FIRST)
    name = str(st.session_state.get(_NAME) or "")[:LONGEST_NAME]
    Forecasts(current).call(task, person.current(), name, value, low, high)
    st.toast(t("course.kept"), icon=":material/flag:")


def _offer_result(current: Workspace, run: Run) -> None:
    """The button that opens a result, for the whole team."""
    if st.button(t("course.shot.open"), icon=":material/visibility:", key=f"result_{run.run_id}"):
        acts.note(current, OPENED, task=run.task, runs=[run.run_id])
        st.rerun()


def _show_last(run: Run | None) -> None:
    if run is not None:
        gain = interval_text(outcome(run).interval)
        st.markdown(t("course.shot.measured", gain=gain, run=escape(names.run(run))))
        st.caption(escape(sentence(run)))


def _show_calibration(scored: list[Scored]) -> None:
    if not scored:
        return
    last = scored[-1].run_id
    shown = [one for one in scored if one.run_id == last]
    labels = [_label(one, number) for number, one in enumerate(shown, start=1)]
    held = sum(one.holds for one in shown)
    figure = charts.forest(
        labels,
        [one.forecast.value for one in shown],
        [one.forecast.low for one in shown],
        [one.forecast.high for one in shown],
        value_name=t("course.shot.gain"),
    )
    figure.add_vline(x=shown[0].gain, line={"color": charts.PALETTE[2], "width": 3})
    charts.draw(
        figure,
        title=t("course.shot.held", n=held, all=len(shown)),
        note=t("course.shot.chart_note"),
        key=f"chart_shot_{last}",
    )
    rows = calibration(scored)
    columns = ("name", "n", "coverage", "score", "optimism")
    frame = pd.DataFrame(
        {
            "name": [one.name or t("course.shot.somebody") for one in rows],
            "n": [one.n for one in rows],
            "coverage": [one.coverage for one in rows],
            "score": [one.score for one in rows],
            "optimism": [one.optimism for one in rows],
        }
    )
    headings = {name: t(f"course.shot.columns.{name}") for name in columns}
    number = st.column_config.NumberColumn
    tables.show(
        frame,
        labels=headings,
        config={
            "coverage": number(headings["coverage"], format="percent"),
            "score": number(headings["score"], format="%.3f", help=t("course.shot.score_help")),
            "optimism": number(headings["optimism"], format="%+.3f"),
        },
        alt=t("course.shot.table"),
        key=f"calibration_{last}",
    )


def _label(one: Scored, number: int) -> str:
    return one.forecast.name or f"{t('course.shot.somebody')} {number}"
