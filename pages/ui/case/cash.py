"""The cumulative cash by month, and when the money is back."""

from engine.case.breakdown import cumulative_cash
from pages.ui.case.setup import Setup
from pages.ui.frame.i18n import t
from pages.ui.parts import charts, range_charts
from pages.ui.parts.amounts import percent


def show_cash(setup: Setup) -> None:
    """Cash month by month with its 95 % range."""
    cash = cumulative_cash(setup.outcome)
    months = list(range(len(cash.mean)))
    figure = range_charts.band(
        months,
        cash.mean.tolist(),
        [(t("case.cash.range"), cash.low.tolist(), cash.high.tolist())],
        name=t("case.cash.mean"),
        x_name=t("case.cash.month"),
        y_name=t("case.cash.cash"),
    )
    code = "never" if cash.payback is None else "payback"
    title = t(
        f"case.cash.{code}", n=cash.payback or 0, share=percent(cash.paid_back), months=months[-1]
    )
    charts.draw(figure, title=title, note=t("case.cash.note"), key="cash")
