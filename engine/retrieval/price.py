"""The price range that a query asks for, in English and Chinese."""

import functools
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.text.quantities import Quantity, quantities

# "About 50" means 50, give or take this share of it.
ABOUT = 0.2
# How many characters before a number are searched for a limiting word.
BEFORE = 40


@dataclass(frozen=True)
class PriceRange:
    """A range of prices, ends included, that a text states at `text[start:end]`."""

    low: float
    high: float
    start: int
    end: int


def price_range(text: str) -> PriceRange | None:
    """The first price range in a text; None if there is none.

    "under 50", "50元以内", "between 20 and 40", "around $30". A number counts if it has a limiting
    word beside it and no unit other than money: "under 2 kg" and "50 ml" are not prices.
    """
    bare = _pattern("numeral").search(text)
    if bare is None:
        return _price_range(text)
    # 两百以内: a Chinese numeral needs a unit to be read as a number, and here that is money.
    at = bare.end()
    marked = _price_range(f"{text[:at]}元{text[at:]}")
    if marked is None:
        return None
    start, end = (place - (place > at) for place in (marked.start, marked.end))
    return replace(marked, start=start, end=end)


def _price_range(text: str) -> PriceRange | None:
    numbers = quantities(text)
    for place, quantity in enumerate(numbers):
        span = _money(text, quantity)
        if span is None:
            continue
        following = numbers[place + 1] if place + 1 < len(numbers) else None
        next_span = _money(text, following) if following else None
        if following and next_span and _pattern("between").fullmatch(text[span[1] : next_span[0]]):
            ranged = _between(text, (quantity, following), (span, next_span))
            if ranged:
                return ranged
        bound = _bound(text, quantity, span)
        if bound:
            return bound
    return None


def _between(
    text: str, pair: Sequence[Quantity], spans: Sequence[tuple[int, int]]
) -> PriceRange | None:
    start, end = spans[0][0], spans[1][1]
    before = _before("range", "before", text, start)
    after = _pattern("range", "after").match(text, end)
    sold = any(_is_marked(text, number, span) for number, span in zip(pair, spans, strict=True))
    if not (before or after or sold):
        return None
    low, high = sorted(number.value for number in pair)
    return PriceRange(low, high, before.start() if before else start, after.end() if after else end)


def _bound(text: str, quantity: Quantity, span: tuple[int, int]) -> PriceRange | None:
    start, end = span
    for kind in ("below", "above", "about"):
        before = _before(kind, "before", text, start)
        after = _pattern(kind, "after").match(text, end)
        # "max 35" limits a price, but in "air max 90" the word belongs to a name.
        weak = _before(kind, "weak", text, start)
        if weak and (_is_marked(text, quantity, span) or not text[: weak.start()].strip()):
            before = before or weak
        if not (before or after):
            continue
        low, high = _limits(kind, quantity.value)
        return PriceRange(
            low, high, before.start() if before else start, after.end() if after else end
        )
    return None


def _before(kind: str, place: str, text: str, start: int) -> re.Match[str] | None:
    """The words of a kind that end where a number starts."""
    return _pattern(kind, place).search(text, max(0, start - BEFORE), start)


def _limits(kind: str, value: float) -> tuple[float, float]:
    if kind == "below":
        return 0.0, value
    if kind == "above":
        return value, math.inf
    return value * (1 - ABOUT), value * (1 + ABOUT)


def _money(text: str, quantity: Quantity) -> tuple[int, int] | None:
    """The span of an amount of money with its unit; None for any other quantity."""
    if quantity.value < 0:
        return None
    start, end = quantity.start, quantity.end
    word = _pattern("money").match(text, end)
    if quantity.unit in _words()["money"]["units"] or not quantity.unit:
        return start, word.end() if word else end
    # 块 (piece) also counts money.
    piece = re.fullmatch(rf"[^\s]*?{_either(_words()['money']['words'])}", text[start:end])
    return (start, word.end() if word else end) if piece else None


def _is_marked(text: str, quantity: Quantity, span: tuple[int, int]) -> bool:
    """Whether the text says that the number is money."""
    return bool(quantity.unit) or span[1] > quantity.end


@functools.cache
def _words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    path = Path(__file__).with_name("price_words.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@functools.cache
def _pattern(kind: str, place: str = "") -> re.Pattern[str]:
    words = _words()
    if kind == "money":
        return re.compile(rf"\s*{_either(words['money']['words'])}(?![A-Za-z])", re.IGNORECASE)
    if kind == "numeral":
        after = {word for name in ("below", "above", "about") for word in words[name]["after"]}
        return re.compile(rf"[十百千万](?={_either(after)})")
    if kind == "between":
        return re.compile(rf"\s*{_either(words['range']['between'])}\s*", re.IGNORECASE)
    either = _either(words[kind][place])
    if place == "after":
        return re.compile(rf"\s*{either}(?![A-Za-z])", re.IGNORECASE)
    return re.compile(rf"(?<![A-Za-z]){either}\s*$", re.IGNORECASE)


def _either(words: Iterable[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, ordered))})" if ordered else "(?!)"
