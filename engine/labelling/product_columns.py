"""The attributes of a catalog as columns, and which of these columns can be learned."""

from collections.abc import Hashable, Mapping

import pandas as pd

from engine.reading.nested import parse
from engine.tables.schema import TABLES
from engine.text.words import normalise

_FIRST = ("category", "brand")
# Rows with a value that a column needs, the share of them that common values must cover, and how
# long a value may be.
FEWEST_ROWS, ENOUGH, LONGEST = 40, 0.5, 60
_YES_NO = frozenset({"true", "false", "yes", "no", "y", "n", "是", "否", "有", "无"})


def attribute_columns(products: pd.DataFrame) -> dict[str, pd.Series]:
    """The filled cells of every attribute by name: category and brand, then the shop's own.

    Each series holds texts at the index of the products that have the attribute. Lists and objects
    are left out, because they are several values at once.
    """
    columns = {name: products[name].dropna().astype(object) for name in _FIRST}
    texts: dict[str, dict[Hashable, str]] = {}
    for row, cell in products["attributes"].dropna().items():
        attributes = parse(cell)
        if not isinstance(attributes, dict):
            continue
        for name, value in attributes.items():
            text = cell_text(value)
            if text and name not in columns:
                texts.setdefault(name, {})[row] = text
    return columns | {name: pd.Series(rows, dtype=object) for name, rows in texts.items()}


def cell_text(value: object) -> str:
    """A value of the attributes' JSON as text; empty for null, a list or an object."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}"
        case int():
            return str(value)
        case str():
            return " ".join(value.split())
    return ""


def unify_spelling(values: pd.Series) -> pd.Series:
    """The values, with those that differ only in case or width in their most common spelling."""
    counts = values.value_counts()
    usual: dict[str, str] = {}
    for value in counts.index:
        usual.setdefault(normalise(value), value)
    return values.map({value: usual[normalise(value)] for value in counts.index})


def is_measured(values: pd.Series) -> bool:
    """Whether most values are numbers or sizes: they begin with a digit."""
    return bool(values.str.match(r"[-+±~≈]?\s*\d").mean() > 0.5)


def choose_columns(
    columns: Mapping[str, pd.Series], fewest: int, field: str = ""
) -> dict[str, pd.Series]:
    """The columns that can be learned, category and brand first, then the fullest.

    A column needs `FEWEST_ROWS` filled rows and at least two values that `fewest` rows share, and
    these values must cover `ENOUGH` of its rows. Numbers, yes or no, and long texts are left out,
    unless the column is `field`, which is then the only one.
    """
    chosen = {}
    for name, values in columns.items():
        if field not in ("", name) or not is_usable(name) or len(values) < FEWEST_ROWS:
            continue
        if not (field or name == "category" or _is_choice(values)):
            continue
        counts = unify_spelling(values).value_counts()
        common = counts[counts >= fewest]
        covered = common.sum() >= ENOUGH * len(values)
        if len(common) > 1 and (field or name == "category" or covered):
            chosen[name] = values
    order = sorted(chosen, key=lambda name: (name not in _FIRST, -len(chosen[name]), name))
    return {name: chosen[name] for name in order}


def is_usable(name: str) -> bool:
    """Whether an attribute of this name can be told from the other columns of the catalog."""
    return bool(name) and (name in _FIRST or name not in TABLES["products"].columns)


def _is_choice(values: pd.Series) -> bool:
    """Whether the values are words to choose from, not numbers, yes or no, or long texts."""
    return bool(
        not is_measured(values)
        and values.str.len().median() <= LONGEST
        and not {value.lower() for value in values.unique()} <= _YES_NO
    )
