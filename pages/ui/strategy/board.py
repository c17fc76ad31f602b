"""The board: what is believed of each strategy, and what finding it out has cost so far."""

import pandas as pd
import streamlit as st

from engine.bandit.regret import beliefs, cost, estimated_regret, fixed_split_regret
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, download, tables
from pages.ui.strategy.setup import Setup, arm_name

SURE = 0.95
_PERCENT = ("share", "mean", "low", "high", "best")


def show_board(setup: Setup) -> None:
    """Beliefs, traffic and the cost of exploring, from this workspace's own feedback."""
    log = setup.log()
    if log.empty:
        with st.container(border=True, key="no_feedback"):
            st.markdown(f"**{t('strategy.board.empty_title')}**")
            st.markdown(t("strategy.board.empty_text"))
        return
    found = beliefs(setup.arms, log["arm"], log["reward"])
    show_beliefs(found, key="board")
    spent = cost(found)
    shares = {"spent": f"{spent.spent:,.1f}", "split": f"{spent.fixed_split:,.1f}"}
    cheaper = "cheaper" if spent.spent <= spent.fixed_split else "dearer"
    lists = list(range(1, len(log) + 1))
    figure = charts.curve(
        {
            t("strategy.board.here"): (lists, estimated_regret(found, log["arm"]).tolist()),
            t("strategy.board.split"): (lists, fixed_split_regret(found, len(log)).tolist()),
        },
        x_name=t("strategy.board.lists"),
        y_name=t("strategy.board.lost"),
        from_zero=True,
    )
    charts.draw(
        figure,
        title=t(f"strategy.board.{cheaper}", n=f"{len(log):,}", **shares),
        note=t("strategy.board.cost_note"),
        key="cost_curve",
    )
    columns = ["time", "visit", "shopper", "query", "policy", "arm", "propensity", "reward"]
    download.offer(
        log[columns], t("strategy.board.download"), "feedback.csv", key="download_feedback"
    )


def show_beliefs(found: pd.DataFrame, key: str) -> None:
    """The success rate of each strategy with its interval, and the figures behind it."""
    best = found.sort_values("best").iloc[-1]
    about = {"arm": arm_name(best["arm"]), "mean": f"{best['mean']:.0%}"}
    code = "sure" if best["best"] >= SURE else "unsure"
    figure = charts.bars_with_interval(
        [arm_name(arm) for arm in found["arm"]],
        (100 * found["mean"]).tolist(),
        (100 * found["low"]).tolist(),
        (100 * found["high"]).tolist(),
        value_name=t("strategy.board.rate"),
        highlight=about["arm"],
        value_format=".1f",
    )
    charts.draw(
        figure,
        title=t(f"strategy.board.{code}", best=f"{best['best']:.0%}", **about),
        note=t("strategy.board.beliefs_note"),
        key=f"beliefs_{key}",
    )
    labels = {name: t(f"strategy.columns.{name}") for name in found.columns}
    numbers = {
        name: st.column_config.NumberColumn(labels[name], format="percent") for name in _PERCENT
    }
    named = found.assign(arm=found["arm"].map(arm_name))
    tables.show(
        named, labels=labels, config=numbers, alt=t("strategy.board.table"), key=f"arms_{key}"
    )
