"""Metrics and their values in the user's language."""

from pages.ui.frame.i18n import t
from pages.ui.parts.amounts import money, percent

_MONEY = ("revenue_per_shopper", "order_value")
_COUNTS = ("orders_per_shopper",)


def value_text(metric: str, value: float) -> str:
    """A value of a metric: money, a count, or a share."""
    if metric in _MONEY:
        return money(value)
    return f"{value:,.2f}" if metric in _COUNTS else percent(value)


def effect_text(effect: float) -> str:
    """A relative effect; words where no number of shoppers shows one."""
    return percent(effect) if effect < float("inf") else t("experiment.no_effect")
