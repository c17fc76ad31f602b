"""What there is to say about one training, or two: verdict, charts, examples, details."""

from functools import partial

import streamlit as st

from engine.course.forecasts import OPENED
from engine.errors import InputError
from engine.evaluation.compare import Interval
from engine.evidence.ledger import cite_comparison, cite_run
from engine.storage.runs import Run
from engine.storage.workspace import Workspace
from engine.training.outcome import outcome
from pages.ui.compare.details import show_metrics, show_settings
from pages.ui.compare.examples import show_examples
from pages.ui.compare.figures import draw_differences, draw_judged, draw_systems
from pages.ui.frame.i18n import escape, t
from pages.ui.parts import acts, download, evidence, names, terms
from pages.ui.parts.errors import show_error
from pages.ui.training.comparison import LETTERS, Comparison, compare, in_run, metrics_of
from pages.ui.training.outcome import BOXES, ICONS, interval_text, show_outcome


def show_comparison(current: Workspace, first: Run, second: Run | None) -> None:
    """Everything there is to say about one training, or two."""
    opened = [run.run_id for run in (first, second) if run]
    acts.note(current, OPENED, task=first.task, runs=opened)
    try:
        comparison = compare(current, first, second)
    except InputError as error:
        show_error(error)
        second, comparison = None, compare(current, first)
    metric = first.primary_metric
    if second is None:
        show_outcome(first)
        evidence.offer(current, partial(cite_run, current, first), "run")
        metrics, rival = metrics_of(first), outcome(first).baseline
    else:
        _show_two_outcome(comparison, first, second)
        evidence.offer(current, partial(cite_comparison, current, first, second), "two")
        rival = in_run(comparison.heldout, second.recommended, LETTERS[1])
        metrics = {
            in_run(comparison.heldout, name, letter): row
            for letter, run in zip(LETTERS, (first, second), strict=True)
            for name, row in metrics_of(run).items()
        }
    st.caption(t("compare.measured", n_test=f"{first.n_test:,}", n_train=f"{first.n_train:,}"))
    measure = terms.of_metric(metric)
    explained = (*([measure.key] if measure else []), "held_out", "confidence_interval", "baseline")
    terms.explain(*explained, key="terms_compare")
    with st.grid(2, min_column_width=340, gap="medium", key="charts"):
        with st.container():
            draw_systems(comparison, metric)
        with st.container():
            draw_differences(comparison, metric)
        with st.container():
            draw_judged(first, metrics)
    show_examples(current, first.task, comparison, rival)
    show_metrics(metrics, metric)
    show_settings(first, second)
    download.offer(
        comparison.heldout,
        t("compare.download"),
        t("compare.file_name", run=first.run_id),
        key="download",
    )


def _show_two_outcome(comparison: Comparison, first: Run, second: Run) -> None:
    """Say which of two trainings is better, or that it is unclear."""
    metric = first.primary_metric
    other = in_run(comparison.heldout, second.recommended, LETTERS[1])
    interval = comparison.against.get(other, Interval(0.0, 0.0, 0.0))
    values = comparison.measured["value"]
    verdict = t(
        f"compare.two.{interval.verdict}",
        metric=names.metric(metric),
        first=f"{values[comparison.lead]:.3f}",
        second=f"{values[other]:.3f}",
        interval=interval_text(interval),
    )
    box = "better" if interval.verdict != "unclear" else "unclear"
    BOXES[box](escape(verdict), icon=ICONS[box])
