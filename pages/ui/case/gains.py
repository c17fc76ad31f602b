"""The gains that a case can start from: of a run, of an experiment, an example, or one's own."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from engine.case.gain import SALES, Gain, gain_of_result
from engine.evidence.ledger import cite_run, state
from engine.evidence.words import say_state
from engine.experiment.store import PlanStore
from engine.storage.runs import Run, list_runs
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from pages.ui.frame import i18n
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import names
from pages.ui.parts.amounts import percent

EXPERIMENT, EXAMPLE, OWN = "experiment", "example", "own"
# The newest runs; older ones are on the page that compares.
MOST_RUNS = 8
_EXAMPLE = Gain(0.03, 0.01, 0.05, "ndcg@10")
_LARGEST = 10.0


@dataclass(frozen=True)
class ChosenGain:
    """The gain that counts, None where none does; `reason` says why.

    `measured` is the gain before it was asked whether it still counts.
    """

    gain: Gain | None
    measured: Gain | None
    reason: str = ""
    is_example: bool = False


def choose_gain(current: Workspace, saved: Gain | None) -> ChosenGain:
    """The control for the gain: the newest run's, or the saved one's, until another is chosen."""
    runs = {run.run_id: run for run in list_runs(current)[:MOST_RUNS]}
    kept = PlanStore(current).result()
    options = [*runs, *([EXPERIMENT] if kept else []), *([] if runs else [EXAMPLE]), OWN]
    labels = {name: _label(name, runs) for name in options}
    source = st.selectbox(
        t("case.gain.choose"),
        options,
        index=_place_of(saved, options),
        format_func=labels.__getitem__,
        help=t("case.gain.help"),
        key="case_gain",
        persist_state="session",
    )
    if source in runs:
        return _of_run(current, runs[source])
    if source == EXPERIMENT and kept is not None:
        gain = gain_of_result(kept)
        return ChosenGain(gain, gain, "" if gain else t("case.gain.no_sales"))
    if source == EXAMPLE:
        return ChosenGain(_EXAMPLE, _EXAMPLE, is_example=True)
    return _own(saved)


def interval_text(gain: Gain) -> str:
    """A gain with its interval, of sales in per cent."""
    if gain.is_of_sales:
        low, high = percent(gain.low, signed=True), percent(gain.high, signed=True)
        return f"{percent(gain.delta, signed=True)} [{low}, {high}]"
    return f"{gain.delta:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"


def metric_name(gain: Gain) -> str:
    """What a gain is a gain of."""
    return t("case.gain.sales") if gain.is_of_sales else names.metric(gain.metric)


def _place_of(saved: Gain | None, options: list[str]) -> int:
    if saved is None:
        return 0
    source = str((saved.citation or {}).get("source_id", OWN))
    if source.startswith(EXPERIMENT):
        source = EXPERIMENT
    return options.index(source) if source in options else 0


def _label(source: str, runs: Mapping[str, Run]) -> str:
    if source not in runs:
        return t(f"case.gain.sources.{source}")
    run = runs[source]
    return f"{names.task(run.task)} · {names.run(run)}"


def _of_run(current: Workspace, run: Run) -> ChosenGain:
    """What the run's recommended system gained over the hardest baseline, if it still counts."""
    result = outcome(run)
    if result.verdict == "baseline":
        return ChosenGain(None, None, t("case.gain.baseline"))
    interval, citation = result.interval, cite_run(current, run)
    gain = Gain(interval.delta, interval.low, interval.high, run.primary_metric, citation.as_json())
    found = state(current, citation)
    if not found.valid:
        return ChosenGain(None, gain, say_state(found, i18n.language()))
    return ChosenGain(gain, gain)


def _own(saved: Gain | None) -> ChosenGain:
    """A gain that somebody entered by hand."""
    start = saved if saved is not None and saved.citation is None else _EXAMPLE
    with st.container(horizontal=True, key="own_gain"):
        is_sales = st.toggle(t("case.gain.is_sales"), start.is_of_sales, key="own_gain_sales")
        delta, low, high = (
            st.number_input(
                t(f"case.gain.{name}"),
                -_LARGEST,
                _LARGEST,
                getattr(start, name),
                step=0.01,
                format="%.4f",
                key=f"own_gain_{name}",
                width=150,
            )
            for name in ("delta", "low", "high")
        )
    if not low <= delta <= high:
        st.error(escape(t("case.gain.bad_order")), icon=":material/error:")
        return ChosenGain(None, None, t("case.gain.bad_order"))
    gain = Gain(delta, low, high, SALES if is_sales else start.metric)
    if not is_sales and start.is_of_sales:
        gain = Gain(delta, low, high, _EXAMPLE.metric)
    return ChosenGain(gain, gain)
