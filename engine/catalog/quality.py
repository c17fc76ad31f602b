"""The quality of a catalog: coverage, duplicates, short texts, rare categories, conflicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.catalog.duplicates import near_duplicates
from engine.catalog.measures import Measure, read_measures
from engine.labelling.product_columns import attribute_columns, choose_columns, unify_spelling
from engine.labelling.stated_values import IndexedText, StatedValues
from engine.reading.headers import squash
from engine.tables.categories import leaf
from engine.tables.product_text import summaries
from engine.tables.tables import Tables
from engine.text.words import words

# A product with fewer words in title and description is hard to find.
SHORT = 8
# With fewer products, nothing can be learned about a category.
FEW = 8
# A value has to be shared by this many products for its mention to contradict another value.
COMMON = 5
# How many columns are checked, the fullest first, and the share of statements that must agree with
# their cells for the others to count as conflicts.
MOST_COLUMNS, AGREED = 12, 0.7
# A title may mention these without the product having them: "case for Acme" is not by Acme.
_NAMED_OFTEN = ("category", "brand")


@dataclass(frozen=True)
class CatalogReport:
    """The quality of a catalog of `products` products.

    `coverage` is the share of products with a value, by attribute, the fullest first; `categories`
    the number of products in each leaf category, the largest first. `duplicates` are those of
    `near_duplicates`. `short` has `product_id, title, words`, the shortest first, and `conflicts`
    has `product_id, title, attribute, value, stated` where text and cell differ. `measures` are
    the columns of quantities, compared with the texts.
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


def inspect_catalog(tables: Tables) -> CatalogReport:
    """Check a whole catalog, which takes some ten seconds for 20,000 products."""
    products = tables.products.dropna(subset=["title"])
    columns = attribute_columns(products)
    texts = pd.Series(summaries(products), index=products.index, dtype=object)
    measures = read_measures(columns, texts)
    leaves = products["category"].dropna().astype(object).map(leaf)
    return CatalogReport(
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
    short = products[["product_id", "title"]].assign(words=counts)[counts < SHORT]
    return short.sort_values("words", kind="stable").reset_index(drop=True)


def _stated(products: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Titles that state another value of a column than its cell."""
    indexed: dict[Any, IndexedText] = products["title"].map(IndexedText.of).to_dict()
    rows: list[tuple[Any, str, str, str]] = []
    candidates = [name for name in choose_columns(columns, COMMON) if name not in _NAMED_OFTEN]
    for name in candidates[:MOST_COLUMNS]:
        values = unify_spelling(columns[name])
        counts = values.value_counts()
        names = [str(value) for value in counts.index[counts >= COMMON] if len(squash(value)) > 2]
        stated_values = StatedValues(names)
        cells: dict[Any, str] = values[values.isin(names)].to_dict()
        agreed, conflicts = 0, []
        for row, value in cells.items():
            lengths = stated_values.lengths(indexed[row])
            stated = [text for text, length in zip(names, lengths, strict=True) if length]
            if any(_same_value(value, text) for text in stated):
                agreed += 1
            elif stated:
                conflicts.append((row, name, value, stated[0]))
        if agreed > AGREED * (agreed + len(conflicts)):
            rows += conflicts
    return _conflicts(products, rows)


def _same_value(first: str, second: str) -> bool:
    """Whether one of two values contains the other: "RJ-45" and "2x RJ45"."""
    first, second = squash(first), squash(second)
    return first in second or second in first


def _measured(products: pd.DataFrame, measures: list[Measure]) -> pd.DataFrame:
    """Numbers in the texts that differ from their cells, in columns that mostly agree."""
    rows = [
        (row["row"], measure.name, row["value"], row["stated"])
        for measure in measures
        if measure.agreement > AGREED
        for row in measure.conflicts.to_dict("records")
    ]
    return _conflicts(products, rows)


def _conflicts(products: pd.DataFrame, rows: list[tuple[Any, str, str, str]]) -> pd.DataFrame:
    conflicts = pd.DataFrame(rows, columns=["row", "attribute", "value", "stated"])
    names = products.loc[conflicts["row"], ["product_id", "title"]].reset_index(drop=True)
    return pd.concat([names, conflicts.drop(columns="row")], axis=1)
