"""What was learned: the success rate of each strategy, and what finding it out has cost."""

import pandas as pd
import streamlit as st

from engine.bandit.regret import (
    beliefs,
    estimated_regret,
    exploration_cost,
    fixed_split_regret,
)
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, download, tables
from pages.ui.strategy.setup import Setup, arm_name

SURE = 0.95
_PERCENT = ("share", "mean", "low", "high", "best")
_DOWNLOADED = ["time", "visit", "shopper", "query", "policy", "arm", "propensity", "reward"]


def show_learning(setup: Setup) -> None:
    """Success rates, traffic and the cost of exploring, from this workspace's own feedback."""
    log = setup.log()
    if log.empty:
        with st.container(border=True, key="no_feedback"):
            st.markdown(f"**{t('strategy.learning.empty_title')}**")
            st.markdown(t("strategy.learning.empty_text"))
        return
    posteriors = beliefs(setup.arms, log["arm"], log["reward"])
    show_beliefs(posteriors, key="learning")
    _show_cost(posteriors, log)
    label = t("strategy.learning.download")
    download.offer(log[_DOWNLOADED], label, "feedback.csv", key="download_feedback")


def show_beliefs(posteriors: pd.DataFrame, key: str) -> None:
    """A chart of each strategy's success rate with its interval, and the table of `beliefs`."""
    best = posteriors.sort_values("best").iloc[-1]
    params = {
        "arm": arm_name(best["arm"]),
        "mean": f"{best['mean']:.0%}",
        "best": f"{best['best']:.0%}",
    }
    code = "sure" if best["best"] >= SURE else "unsure"
    figure = charts.bars_with_interval(
        [arm_name(arm) for arm in posteriors["arm"]],
        (100 * posteriors["mean"]).tolist(),
        (100 * posteriors["low"]).tolist(),
        (100 * posteriors["high"]).tolist(),
        value_name=t("strategy.learning.rate"),
        highlight=params["arm"],
        value_format=".1f",
    )
    charts.draw(
        figure,
        title=t(f"strategy.learning.{code}", **params),
        note=t("strategy.learning.beliefs_note"),
        key=f"beliefs_{key}",
    )
    labels = {name: t(f"strategy.columns.{name}") for name in posteriors.columns}
    percent = {
        name: st.column_config.NumberColumn(labels[name], format="percent") for name in _PERCENT
    }
    named = posteriors.assign(arm=posteriors["arm"].map(arm_name))
    alt = t("strategy.learning.table")
    tables.show(named, labels=labels, config=percent, alt=alt, key=f"arms_{key}")


def _show_cost(posteriors: pd.DataFrame, log: pd.DataFrame) -> None:
    """The cumulative regret of this traffic beside that of an A/B test."""
    cost = exploration_cost(posteriors)
    code = "cheaper" if cost.spent <= cost.fixed_split else "dearer"
    lists = list(range(1, len(log) + 1))
    here = estimated_regret(posteriors, log["arm"]).tolist()
    split = fixed_split_regret(posteriors, len(log)).tolist()
    figure = charts.curve(
        {
            t("strategy.learning.here"): (lists, here),
            t("strategy.learning.split"): (lists, split),
        },
        x_name=t("strategy.learning.lists"),
        y_name=t("strategy.learning.lost"),
        from_zero=True,
    )
    charts.draw(
        figure,
        title=t(
            f"strategy.learning.{code}",
            n=f"{len(log):,}",
            spent=f"{cost.spent:,.1f}",
            split=f"{cost.fixed_split:,.1f}",
        ),
        note=t("strategy.learning.cost_note"),
        key="cost_curve",
    )
