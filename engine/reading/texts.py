"""Cleans text cells: HTML, control characters, spaces and Unicode normal form.

Every function takes a column and returns one with the same index. A cheap pattern first selects the
texts that need cleaning, and each distinct text is cleaned once, so that a log of a million rows
takes little longer than its distinct queries.
"""

import re
from collections.abc import Callable

import pandas as pd

from engine.reading.html import visible_text
from engine.reading.signs import are_visible, holds
from engine.tables.categories import join_levels
from engine.text.normal_form import normal_form

_MARKUP = r"<[A-Za-z/!?]|&[#A-Za-z]"
# Signs without a width inside a word, which steer direction or allow a break.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe]+")
_SPACES = re.compile(r"\s+")
_UNTIDY = "[^ -~\u4e00-\u9fff]|  |^ | $"
_SEPARATORS = re.compile(r"&gt;|[>»›|＞→]|(?<=\s)/(?=\s)")
_TIGHT_SLASH = re.compile("/")
_WRAPPED = r'^="([^"]*)"$'
_FORMULA_SIGNS = ("=", "@", "+", "-")
_FORMULA = r"^(?:=\S|@[A-Za-z]+\(|\+\d|[+-][\d(]+[-+*/(!])"


def by_distinct(column: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
    """Apply `change` to the distinct texts of `column` only."""
    codes, distinct = pd.factorize(column)
    changed = change(pd.Series(distinct, dtype=column.dtype)).array
    return pd.Series(changed.take(codes, allow_fill=True), index=column.index, name=column.name)


def strip_html(column: pd.Series, limit: int = 200_000) -> pd.Series:
    """Plain text without tags, comments, scripts and styles, and with entities resolved.

    Text beyond the first `limit` characters is cut off.
    """
    if not holds(column, "<&"):
        return column
    marked = column.str.contains(_MARKUP, regex=True, na=False)
    if not marked.any():
        return column
    result = column.copy()
    result[marked] = column[marked].map(lambda text: visible_text(text[:limit])).astype("str")
    return result


def tidy(column: pd.Series) -> pd.Series:
    """Texts with single spaces, no control characters and in NFC; empty texts are missing."""
    if are_visible(column):
        return column.mask(column == "")
    untidy = column.str.contains(_UNTIDY, regex=True, na=False)
    result = column
    if untidy.any():
        result = column.copy()
        result[untidy] = column[untidy].map(_tidy).astype("str")
    return result.mask(result == "")


def plain(column: pd.Series) -> pd.Series:
    """Tidy texts, without the `="007"` that keeps a spreadsheet from changing them."""
    wrapped = column.str.startswith('="', na=False)
    if wrapped.any():
        column = column.str.strip().str.replace(_WRAPPED, r"\1", regex=True)
    return tidy(column)


def _tidy(text: str) -> str:
    spaced = _SPACES.sub(" ", _CONTROLS.sub(" ", _INVISIBLE.sub("", text))).strip()
    return normal_form("NFC", spaced)


def cut(column: pd.Series, limit: int) -> tuple[pd.Series, pd.Series]:
    """The texts cut to `limit` characters, and a mask of those that were longer."""
    long = (column.str.len() > limit).fillna(False).astype(bool)
    return (column.where(~long, column.str.slice(0, limit)) if long.any() else column), long


def looks_like_formula(column: pd.Series) -> pd.Series:
    """Which texts a spreadsheet would run as a formula."""
    if not holds(column, "".join(_FORMULA_SIGNS)):
        return pd.Series(False, index=column.index)
    begins = column.str.startswith(_FORMULA_SIGNS, na=False)
    # The pattern is slow, and few texts begin as a formula does.
    return column.str.contains(_FORMULA, regex=True, na=False) if begins.any() else begins


def split_category(column: pd.Series) -> pd.Series:
    """Category paths with ` > `, whatever separates the levels in the file (`/ | » ›` …).

    A slash without spaces is a separator only if no cell has another one: "Shoes/Running" is a
    path, but "A/C units > Filters" keeps its slash.
    """
    if not column.str.contains(r"[>»›|＞→]|\s/\s", regex=True, na=False).any():
        separators = _TIGHT_SLASH
    else:
        separators = _SEPARATORS
    parts = column.map(
        lambda text: [part for part in separators.split(text) if part.strip()], na_action="ignore"
    )
    joined = parts.map(
        lambda names: join_levels(name.strip() for name in names), na_action="ignore"
    )
    return joined.astype(column.dtype)
