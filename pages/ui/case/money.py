"""How the value spreads, and where it comes from."""

import numpy as np
import streamlit as st

from engine.case.breakdown import waterfall
from pages.ui.case.assumptions_form import name_of
from pages.ui.case.setup import Setup
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, range_charts, spread_charts
from pages.ui.parts.amounts import money, percent

_BINS = 40


def show_money(setup: Setup) -> None:
    """Distribution and waterfall."""
    outcome = setup.outcome
    with st.grid(2, min_column_width=340, gap="medium", key="money_charts"):
        with st.container():
            _draw_distribution(setup)
        with st.container():
            steps = waterfall(outcome)
            amounts = [step.amount for step in steps]
            charts.draw(
                range_charts.waterfall(
                    [name_of(step.name) for step in steps],
                    amounts,
                    total=t("case.money.total"),
                    texts=[money(amount) for amount in (*amounts, outcome.mean)],
                ),
                title=t(
                    "case.money.waterfall",
                    revenue=money(amounts[0]),
                    total=money(outcome.mean),
                    months=outcome.months,
                ),
                note=t("case.money.waterfall_note"),
                key="waterfall",
            )


def _draw_distribution(setup: Setup) -> None:
    outcome = setup.outcome
    # The outermost draws would squeeze all others together.
    low, high = np.quantile(outcome.value, [0.002, 0.998])
    counts, edges = np.histogram(np.clip(outcome.value, low, high), _BINS)
    figure = spread_charts.histogram(
        edges.tolist(),
        counts.tolist(),
        x_name=t("case.money.value", months=outcome.months),
        y_name=t("case.money.draws"),
    )
    if edges[0] < 0 < edges[-1]:
        range_charts.mark(figure, 0, t("case.money.zero"))
    charts.draw(
        figure,
        title=t(
            "case.money.distribution",
            loss=percent(outcome.chance_of_loss),
            low=money(outcome.low),
            high=money(outcome.high),
        ),
        note=t("case.money.distribution_note", draws=f"{len(outcome.value):,}"),
        key="distribution",
    )
