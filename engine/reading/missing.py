"""Words that databases, spreadsheets and people write where there is no value."""

from collections.abc import Iterable

import pandas as pd

from engine.tables.schema import Field

# What programs write: never a value, not even of a query.
_PROGRAMS = (
    *("null", "(null)", "<null>", "\\n", "#n/a", "#na", "<na>", "nan", "(none)", "undefined"),
    *("(not set)", "(not provided)", "(data not available)", "(blank)", "(空白)"),
    *("#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#error!"),
)
# What people write where they have nothing to say.
_PEOPLE = (
    *("n/a", "n.a.", "n.a", "n / a", "none", "nil", "not available", "not applicable"),
    *("-", "--", "---", "—", "——", "–", "−", "/", "无", "暂无", "暂无数据", "空", "無"),
)
# What review systems write for a customer who wrote nothing.
_DEFAULT_TEXTS = (
    *("此用户未填写评价", "此用户没有填写评价", "此用户未填写评价内容", "此用户没有填写评论"),
    *("用户未填写评价内容", "该用户未填写评价", "该用户没有填写评价", "买家没有填写评价"),
    *("系统默认好评", "默认好评", "系统默认评价", "评价方未及时做出评价,系统默认好评"),
    *("评价方未及时做出评价，系统默认好评", "no comment", "no comments", "no review text"),
)


def _spellings(words: Iterable[str]) -> frozenset[str]:
    return frozenset(
        form for word in words for form in (word, word.upper(), word.title(), word.capitalize())
    )


# What says nothing about a product, though it may be its title.
_VAGUE = ("unknown", "no brand", "unbranded", "no-brand", "无品牌", "未知", "不详", "不明")
# What shops write for a customer whom they do not know.
_NOBODY = ("0", "guest", "anonymous", "游客", "匿名", "匿名用户", "匿名买家")
_NO_TIMES = ("0000-00-00", "0000-00-00 00:00:00", "0")

_FOR_QUERIES = _spellings((*_PROGRAMS, "n/a", "-", "--", "—"))
_FOR_NUMBERS = _spellings({*_PROGRAMS, *_PEOPLE, "na"} - {"nan"})
_FOR_TEXTS = _spellings((*_PROGRAMS, *_PEOPLE, "na"))
_FOR_TIMES = _FOR_NUMBERS | {*_NO_TIMES}
_FOR_PRODUCTS = _FOR_TEXTS | _spellings(_VAGUE)
_FOR_USERS = _FOR_TEXTS | _spellings(_NOBODY)
_FOR_REVIEWS = _FOR_TEXTS | {
    text + end for text in _spellings(_DEFAULT_TEXTS) for end in ("", "。", ".", "!", "！")
}


def find_missing(cells: pd.Series, field: Field | None) -> pd.Series:
    """Which cells of a tidy column stand for a missing value; `field` is None for an attribute."""
    missing = cells.isin(_words_for(field))
    if not missing.any():
        return missing
    others = cells[~missing].drop_duplicates()
    kept = {word for word in cells[missing].unique() if _is_value(word, others, field)}
    return missing & ~cells.isin(kept) if kept else missing


def _words_for(field: Field | None) -> frozenset[str]:
    if field is None or field.name in ("brand", "category"):
        return _FOR_PRODUCTS
    if field.kind in ("number", "time"):
        return _FOR_NUMBERS if field.kind == "number" else _FOR_TIMES
    if field.name == "user_id":
        return _FOR_USERS
    if field.name == "query":
        return _FOR_QUERIES
    return _FOR_REVIEWS if field.name == "text" else _FOR_TEXTS


def _is_value(word: str, others: pd.Series, field: Field | None) -> bool:
    """Whether a word that may stand for "missing" is a value among the `others` of its column.

    NA is Namibia or North America beside other codes, 无 the answer "no" beside 有, and 0 the first
    customer beside 1.
    """
    if word == "0":
        return bool(others.isin(["1", "2"]).any())
    if word.lower() == "na" and len(others):
        codes = others.str.fullmatch("[A-Za-z]{1,3}")
        return bool(codes.mean() > 0.5)
    if word in ("无", "無") and field is None:
        return bool(others.str.startswith("有").any())
    return False
