"""Every metric of a training, or two, and the settings that they used."""

import pandas as pd
import streamlit as st

from engine.storage.runs import Metrics, Run
from pages.ui.frame.i18n import t
from pages.ui.parts import names, tables, terms
from pages.ui.training.comparison import LETTERS


def show_metrics(metrics: dict[str, Metrics], metric: str) -> None:
    """Every metric of every system, best first."""
    order = sorted(metrics, key=lambda name: metrics[name].get(metric, 0.0), reverse=True)
    frame = pd.DataFrame([metrics[name] for name in order])
    frame.insert(0, "system", [names.system(name) for name in order])
    labels = {name: names.metric(name) for name in frame.columns[1:]}
    number = st.column_config.NumberColumn
    config = {
        name: number(text, format="%.3f", help=terms.metric_help(name))
        for name, text in labels.items()
    }
    labels["system"] = t("compare.system")
    with st.expander(t("compare.all_metrics"), icon=":material/table_chart:", key="metrics"):
        tables.show(frame, labels=labels, config=config, alt=t("compare.all_metrics"))


def show_settings(first: Run, second: Run | None) -> None:
    """The settings of a training, or those in which two trainings differ."""
    runs = [first] + ([second] if second else [])
    keys = dict.fromkeys(key for run in runs for key in run.config)
    if second is not None:
        keys = {key: None for key in keys if first.config.get(key) != second.config.get(key)}
    with st.expander(t("compare.settings"), icon=":material/settings:", key="settings"):
        if not keys:
            st.caption(t("compare.settings_same"))
            return
        letters = LETTERS if second else ("",)
        columns = {
            letter: [names.choice(key, run.config.get(key, "")) for key in keys]
            for letter, run in zip(letters, runs, strict=True)
        }
        frame = pd.DataFrame({"setting": [names.setting(key) for key in keys]} | columns)
        labels = {letter: t("compare.run_letter", letter=letter).strip() for letter in letters}
        labels["setting"] = t("compare.setting")
        tables.show(frame, labels=labels, alt=t("compare.settings"))
