"""Money and other large numbers as people write them, without a currency: the data names none."""

from math import floor, log10

from pages.ui.frame.i18n import language, t

# From these amounts on, the words of each language.
_STEPS = {"en": ((1e9, "billion"), (1e6, "million")), "zh": ((1e8, "billion"), (1e4, "million"))}
_DIGITS = 3


def money(amount: float) -> str:
    """An amount to three digits: `-4,450`, `1.23 million`, `12.3 万`; more would be false."""
    rounded = _round(amount)
    for size, name in _STEPS[language()]:
        if abs(rounded) >= size:
            return t(f"amounts.{name}", n=f"{rounded / size:,.4g}")
    return f"{rounded:,.2f}" if 0 < abs(rounded) < 10 else f"{rounded:,.0f}"


def percent(share: float, signed: bool = False) -> str:
    """A share in per cent, to three digits at most: `2.5%`, `0.042%`, `+12.3%`."""
    value = _round(100 * share)
    return f"{value:+,.4g}%" if signed else f"{value:,.4g}%"


def _round(amount: float) -> float:
    if amount == 0:
        return 0.0
    return round(amount, _DIGITS - 1 - floor(log10(abs(amount))))
