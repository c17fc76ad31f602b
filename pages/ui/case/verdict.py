"""The case in one sentence and four figures."""

from typing import Literal

import streamlit as st

from engine.case.breakdown import break_even_factor, cumulative_cash
from pages.ui.case.gains import interval_text, metric_name
from pages.ui.case.setup import Setup
from pages.ui.frame import shell
from pages.ui.frame.i18n import escape, t
from pages.ui.parts.amounts import money, percent

# Below the first a case is called sound, above the second a loss.
_SMALL_CHANCE, _LARGE_CHANCE = 0.05, 0.5

_BOXES = {"profit": st.success, "open": st.warning, "loss": st.error}
_ICONS = {
    "profit": ":material/trending_up:",
    "open": ":material/help:",
    "loss": ":material/trending_down:",
}


def show_verdict(setup: Setup) -> None:
    """What the case is worth, how sure that is, and what to do where no gain counts."""
    chosen, outcome = setup.chosen, setup.outcome
    if chosen.is_example:
        st.info(t("case.example"), icon=":material/science:")
        if shell.available("tune"):
            st.page_link(shell.page_file("tune"), label=t("runs.tune"), icon=shell.ICONS["tune"])
    if chosen.gain is None:
        text = t("case.verdict.no_gain", reason=chosen.reason)
        st.error(escape(text), icon=":material/block:")
    else:
        gain = chosen.gain
        start = t("case.verdict.gain", metric=metric_name(gain), interval=interval_text(gain))
        if gain.includes_zero:
            start += " " + t("case.verdict.includes_zero")
        st.caption(escape(start))
        verdict = _verdict(setup)
        text = t(
            f"case.verdict.{verdict}",
            months=outcome.months,
            median=money(outcome.median),
            low=money(outcome.low),
            high=money(outcome.high),
            loss=percent(outcome.chance_of_loss),
        )
        _BOXES[verdict](escape(text), icon=_ICONS[verdict])
    cash = cumulative_cash(outcome)
    figures = {
        "mean": money(outcome.mean),
        "range": f"{money(outcome.low)} … {money(outcome.high)}",
        "loss": percent(outcome.chance_of_loss),
        "payback": t("case.figures.months", n=cash.payback)
        if cash.payback is not None
        else t("case.figures.never"),
    }
    with st.grid(4, min_column_width=170, gap="small", key="case_figures"):
        for name, value in figures.items():
            st.metric(t(f"case.figures.{name}"), value, help=t(f"case.figures.{name}_help"))
    factor = break_even_factor(outcome)
    if factor is not None:
        code = "needs" if factor > 1 else "spare"
        st.caption(escape(t(f"case.verdict.{code}", factor=f"{factor:,.2g}")))


def _verdict(setup: Setup) -> Literal["profit", "open", "loss"]:
    chance, gain = setup.outcome.chance_of_loss, setup.chosen.gain
    if chance > _LARGE_CHANCE:
        return "loss"
    certain = chance <= _SMALL_CHANCE and gain is not None and not gain.includes_zero
    return "profit" if certain else "open"
