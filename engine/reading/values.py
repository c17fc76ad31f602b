"""Reads cells as ratings, choices or identifiers.

Each reader takes a tidy text column and returns the values with a mask of the texts that could not
be read.
"""

import functools
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from engine.reading.numbers import read_numbers, read_prices
from engine.reading.signs import BEYOND_ASCII, holds
from engine.text.normal_form import normal_form

Values = tuple[pd.Series, pd.Series]

_GLOBAL_ID = r"^gid://shopify/\w+/(?=\d+$)"
_WIDE = "[\uff01-\uff5e]"
_PIECES = (
    r"(?i)^(?:x|×)?\s*(\d+(?:[.,]\d+)?)\s*"
    r"(?:件|个|個|只|双|套|瓶|盒|包|箱|台|支|本|条|点|개|ชิ้น|x|×|pcs?\.?|pieces?|units?|stk\.?|stück)?$"
)
_STARS = re.compile(r"[★⭐]")
_OUT_OF = re.compile(r"^([\d.]+)\s*(?:/|out of|of|／)\s*(\d+)(?:\s*stars?)?$", re.I)
_PERCENT = re.compile(r"^(\d{1,3}(?:[.,]\d)?)\s?%$")
_RATING_WORDS = {
    **dict.fromkeys(("excellent", "verysatisfied", "非常满意", "非常好", "好评"), 5.0),
    **dict.fromkeys(("verygood", "good", "satisfied", "满意", "较好"), 4.0),
    **dict.fromkeys(("average", "ok", "okay", "fair", "neutral", "一般", "中评"), 3.0),
    **dict.fromkeys(("poor", "bad", "dissatisfied", "不满意", "较差"), 2.0),
    **dict.fromkeys(("terrible", "awful", "verybad", "verypoor", "verydissatisfied"), 1.0),
    **dict.fromkeys(("非常不满意", "非常差", "差评"), 1.0),
}
_CHINESE_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
# What numbers mean, by all the numbers of a column; the first that fits.
_NUMBER_SENTIMENTS = (
    ({"0", "1"}, {"0": "negative", "1": "positive"}),
    ({"-1", "1"}, {"-1": "negative", "1": "positive"}),
    ({"-1", "0", "1"}, {"-1": "negative", "0": "neutral", "1": "positive"}),
    ({"1", "2"}, {"1": "negative", "2": "positive"}),
    ({"0", "1", "2"}, {"0": "negative", "1": "neutral", "2": "positive"}),
    ({"1", "2", "3"}, {"1": "negative", "2": "neutral", "3": "positive"}),
    ({"0", "2", "4"}, {"0": "negative", "2": "neutral", "4": "positive"}),
    (
        {"1", "2", "3", "4", "5"},
        {"1": "negative", "2": "negative", "3": "neutral", "4": "positive", "5": "positive"},
    ),
)
# Answers to whether a customer is content.
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "t", "是", "推荐", "会"), "positive"),
    **dict.fromkeys(("no", "n", "false", "f", "否", "不推荐", "不会"), "negative"),
}


@functools.cache
def synonyms() -> dict[str, dict[str, str]]:
    """The choice that each word stands for, by column: `{"event": {"点击": "click", …}, …}`."""
    lists = tomllib.loads((Path(__file__).parent / "synonyms.toml").read_text(encoding="utf-8"))
    return {
        name: {word: choice for choice, words in choices.items() for word in words}
        for name, choices in lists.items()
    }


def squeeze(column: pd.Series) -> pd.Series:
    """The form in which words are compared: NFKC, lower case, without spaces, `-` and `_`."""
    folded = column.map(lambda text: normal_form("NFKC", text), na_action="ignore")
    return folded.astype("str").str.lower().str.replace(r"[\s_]|(?<=\D)-", "", regex=True)


def read_ratings(column: pd.Series) -> Values:
    """Stars from 1 to 5: "4.0", "4/5", "5星", "四星", "★★★★", "4 out of 5 stars", "Excellent"."""
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    odd = column.notna() & numbers.isna()
    numbers[odd] = np.array([_rating(text) for text in column[odd]], dtype=float)
    return numbers, column.notna() & numbers.isna() & ~column.str.lower().isin(["nan"])


def _rating(text: str) -> float:
    if stars := len(_STARS.findall(text)):
        return float(stars)
    if part := _OUT_OF.match(text):
        top = float(part[2])
        return float(part[1]) * 5 / top if top > 0 and part[1].count(".") < 2 else np.nan
    word = re.sub(r"[\s_-]", "", text).lower()
    if word in _RATING_WORDS:
        return _RATING_WORDS[word]
    if part := _PERCENT.match(text):
        return float(part[1].replace(",", ".")) / 20
    bare = re.sub(r"(?i)stars?|颗星|星级|星|分", "", text).strip().replace(",", ".")
    if bare in _CHINESE_DIGITS:
        return float(_CHINESE_DIGITS[bare])
    try:
        return float(bare)
    except ValueError:
        return np.nan


def read_choices(column: pd.Series, name: str) -> Values:
    """The choices of column `name` (`event`, `sentiment`), from words in both languages.

    Sentiments as numbers depend on the set of numbers in the column: of 0 and 1, 0 is negative, but
    of -1, 0 and 1, it is neutral.
    """
    words = squeeze(column)
    if name in ("sentiment", "event"):
        words = words.str.replace(r"^([+-]?\d+)\.0+$", r"\1", regex=True).str.removeprefix("+")
    if name == "sentiment":
        words = words.str.replace(r"^label(\d)$", r"\1", regex=True)  # as Hugging Face names them
    meaning = synonyms()[name]
    if name == "sentiment":
        numbers = {word for word in words.dropna().unique() if word.lstrip("-").isdigit()}
        numeric = next((table for values, table in _NUMBER_SENTIMENTS if numbers <= values), {})
        meaning = meaning | numeric
        if set(words.dropna().unique()) <= _ANSWERS.keys():
            meaning = _ANSWERS
    values = words.map(meaning).astype("str")
    return values, column.notna() & values.isna()


def read_relevance(column: pd.Series) -> Values:
    """Relevance from 0 to 3: numbers, or words such as ESCI's E, S, C, I or WANDS's Exact."""
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    odd = column.notna() & numbers.isna()
    grades = squeeze(column[odd]).map(synonyms()["relevance"])
    numbers[odd] = pd.to_numeric(grades).astype("float64")
    return numbers, column.notna() & numbers.isna() & ~column.str.lower().isin(["nan"])


def read_quantities(column: pd.Series) -> Values:
    """Numbers of pieces: "2", "2件", "x3", "1 pcs"."""
    return read_numbers(column.str.replace(_PIECES, r"\1", regex=True))


def number_reader(field: str) -> Callable[[pd.Series], Values]:
    """What reads the cells of a number field of this name."""
    readers = {
        **{"rating": read_ratings, "relevance": read_relevance},
        **{"price": read_prices, "quantity": read_quantities},
    }
    return readers.get(field, read_numbers)


def read_ids(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Identifiers as text ("007" stays), and which lost digits in a spreadsheet (6.9E+12).

    "123.0" becomes "123" if all identifiers with a point end like this, as floats do, and
    full-width letters and digits become plain ones. Of an id of Shopify's API, the number is left.
    """
    if column.str.startswith("gid:", na=False).any():
        column = column.str.replace(_GLOBAL_ID, "", regex=True)
    # Patterns are slow, and few texts have these signs.
    wide = pd.Series(False, index=column.index)
    if holds(column, BEYOND_ASCII):
        wide = column.str.contains(_WIDE, regex=True, na=False)
    if wide.any():
        narrow = column[wide].map(lambda text: normal_form("NFKC", text)).astype("str")
        column = column.mask(wide, narrow)
    if holds(column, "."):
        pointed = column.str.contains(r"^\d+\.\d+$", regex=True, na=False)
        floats = column.str.contains(r"^\d+\.0$", regex=True, na=False)
        if floats.any() and (pointed == floats).all():
            column = column.str.replace(r"\.0$", "", regex=True)
    if not holds(column, "+"):
        return column, pd.Series(False, index=column.index)
    return column, column.str.contains(r"^\d(?:\.\d+)?[eE]\+\d+$", regex=True, na=False)
