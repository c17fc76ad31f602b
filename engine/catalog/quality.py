"""The state of a catalog: what is filled, double, too short, uneven, or at odds with itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.catalog.duplicates import near_duplicates
from engine.catalog.measures import Measure, read_measures
from engine.labelling.product_columns import attribute_columns, choose_columns, unify_spelling
from engine.labelling.stated_values import IndexedText, StatedValues
from engine.reading.presets import squash
from engine.tables.categories import leaf
from engine.tables.product_text import summaries
from engine.tables.tables import Tables
from engine.text.words import words

# Words of title and description together below which a text says too little to be found by.
SHORT = 8
# Products that a category needs before anything can be learned of it.
FEW = 8
# Products that must share a value before a title that says it contradicts another one.
COMMON = 5
# The columns that are looked at, the fullest first, and the share of statements that must agree
# with their cell before the others count as conflicts.
MOST_COLUMNS, AGREED = 12, 0.7
# What a title may name without the product being it: "case for Acme" is no Acme.
_NAMED_OFTEN = ("category", "brand")


@dataclass(frozen=True)
class Board:
    """What was found in a catalog of `products` products.

    `coverage`: share of products with a value, by attribute, fullest first, with title and
    description. `categories`: products per category, largest first. `duplicates`: see
    `near_duplicates`. `short`: `product_id, title, words`, shortest first. `conflicts`:
    `product_id, title, attribute, value, stated`, where cell and text say different things.
    `measures`: the columns of numbers and what the texts say of them.
    """

    products: int
    coverage: pd.Series
    categories: pd.Series
    duplicates: pd.DataFrame
    short: pd.DataFrame
    conflicts: pd.DataFrame
    measures: list[Measure]

    @property
    def rare(self) -> pd.Series:
        """The categories with fewer than `FEW` products."""
        return self.categories[self.categories < FEW]


def inspect(tables: Tables) -> Board:
    """Look through the whole catalog; some ten seconds for 20,000 products."""
    products = tables.products.dropna(subset=["title"])
    columns = attribute_columns(products)
    texts = pd.Series(summaries(products), index=products.index, dtype=object)
    measures = read_measures(columns, texts)
    leaves = products["category"].dropna().astype(object).map(leaf)
    return Board(
        len(products),
        _coverage(products, columns),
        leaves.value_counts(),
        near_duplicates(products),
        _short(products, texts),
        pd.concat([_stated(products, columns), _measured(products, measures)], ignore_index=True),
        measures,
    )


def _coverage(products: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.Series:
    filled = {"description": int(products["description"].notna().sum())}
    filled |= {name: int(products[name].notna().sum()) for name in ("image", "price")}
    filled |= {name: len(values) for name, values in columns.items()}
    shares = pd.Series(filled, dtype=float) / max(len(products), 1)
    return shares.sort_values(ascending=False, kind="stable")


def _short(products: pd.DataFrame, texts: pd.Series) -> pd.DataFrame:
    counts = texts.map(lambda text: len(words(text)))
    found = products[["product_id", "title"]].assign(words=counts)[counts < SHORT]
    return found.sort_values("words", kind="stable").reset_index(drop=True)


def _stated(products: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Titles that state a value of a column, but not the one in the cell."""
    read: dict[Any, IndexedText] = products["title"].map(IndexedText.of).to_dict()
    rows: list[tuple[Any, str, str, str]] = []
    chosen = [name for name in choose_columns(columns, COMMON) if name not in _NAMED_OFTEN]
    for name in chosen[:MOST_COLUMNS]:
        values = unify_spelling(columns[name])
        counts = values.value_counts()
        names = [str(value) for value in counts.index[counts >= COMMON] if len(squash(value)) > 2]
        known = StatedValues(names)
        cells: dict[Any, str] = values[values.isin(names)].to_dict()
        agreed, apart = 0, []
        for row, value in cells.items():
            said = [n for n, size in zip(names, known.lengths(read[row]), strict=True) if size]
            if any(_alike(value, other) for other in said):
                agreed += 1
            elif said:
                apart.append((row, name, value, said[0]))
        if agreed > AGREED * (agreed + len(apart)):
            rows += apart
    return _conflicts(products, rows)


def _alike(left: str, right: str) -> bool:
    """Whether one of two values is written within the other: "RJ-45" and "2x RJ45"."""
    left, right = squash(left), squash(right)
    return left in right or right in left


def _measured(products: pd.DataFrame, measures: list[Measure]) -> pd.DataFrame:
    """Numbers in the text that differ from the cell, where the two mostly agree."""
    rows = [
        (row["row"], measure.name, row["value"], row["stated"])
        for measure in measures
        if measure.agreement > AGREED
        for row in measure.conflicts.to_dict("records")
    ]
    return _conflicts(products, rows)


def _conflicts(products: pd.DataFrame, rows: list[tuple[Any, str, str, str]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["row", "attribute", "value", "stated"])
    names = products.loc[found["row"], ["product_id", "title"]].reset_index(drop=True)
    return pd.concat([names, found.drop(columns="row")], axis=1)
