"""The systems of a run beside each other: bars with intervals, and a table of metrics."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.storage.runs import Run
from pages.ui.frame import shell
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, names, tables
from pages.ui.training import comparison


def bars_of(measured: pd.DataFrame, metric: str, lead: str) -> go.Figure:
    """Each row of `measured` (see `Comparison`) as a bar with its interval, `lead` highlighted."""
    return charts.bars_with_interval(
        [names.system(name) for name in measured.index],
        measured["value"].tolist(),
        measured["low"].tolist(),
        measured["high"].tolist(),
        value_name=names.metric(metric),
        highlight=names.system(lead),
    )


def show_metrics(run: Run, order: Sequence[str], formats: Mapping[str, str], alt: str) -> None:
    """A row per system with the metrics that `formats` names, each in its number format."""
    metrics = comparison.metrics_of(run)
    frame = pd.DataFrame(
        [
            {"system": names.system(name)}
            | {metric: metrics[name].get(metric) for metric in formats}
            for name in order
        ]
    )
    labels = {name: names.metric(name) for name in formats} | {"system": t("compare.system")}
    number = st.column_config.NumberColumn
    config = {name: number(labels[name], format=form) for name, form in formats.items()}
    tables.show(frame, labels=labels, config=config, alt=alt, key="quality")


def link_to_compare() -> None:
    """The link to the full comparison."""
    st.page_link(
        shell.page_file("compare"), label=t("tune.open.compare"), icon=shell.ICONS["compare"]
    )
