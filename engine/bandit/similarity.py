"""What strategies know of products: what they are, how alike two are, and how well they sell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.labelling.clicks import clicked
from engine.tables.categories import levels
from engine.tables.events import EVENT_WEIGHTS, FEEDBACK_WEIGHTS
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, words


@dataclass(frozen=True)
class Shelf:
    """The catalog as sets of words by product id, and each product's popularity (0 if absent)."""

    categories: Mapping[str, frozenset[str]]
    brands: Mapping[str, str]
    titles: Mapping[str, str]
    popularity: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def _words(self) -> dict[str, frozenset[str]]:
        return {}

    def likeness(self, product_id: str, other: str) -> float:
        """How alike two products are, 0 to 1; 1 for a product and itself.

        The mean of what both tell: shared part of the category path and of the title's words
        (Jaccard), and whether the brand is the same.
        """
        if product_id == other:
            return 1.0
        parts = [_jaccard(self._title(product_id), self._title(other))]
        one, two = (self.categories.get(name, frozenset()) for name in (product_id, other))
        if one and two:
            parts.append(_jaccard(one, two))
        first, second = (self.brands.get(name, "") for name in (product_id, other))
        if first and second:
            parts.append(float(first == second))
        return sum(parts) / len(parts)

    def matrix(self, product_ids: Sequence[str]) -> NDArray[np.float64]:
        """`likeness` of every two of the products, shape (products, products)."""
        matrix = np.eye(len(product_ids))
        for one, other in combinations(range(len(product_ids)), 2):
            matrix[one, other] = self.likeness(product_ids[one], product_ids[other])
        return np.maximum(matrix, matrix.T)

    def affinity(self, product_id: str, acts: Sequence[tuple[str, str]]) -> float:
        """How much a product is like what a shopper acted on, stronger acts counting more."""
        return sum(
            FEEDBACK_WEIGHTS[event] * self.likeness(product_id, name) for name, event in acts
        )

    @staticmethod
    def strength(acts: Sequence[tuple[str, str]]) -> float:
        """The highest affinity that `acts` can give."""
        return sum(FEEDBACK_WEIGHTS[event] for _, event in acts)

    def _title(self, product_id: str) -> frozenset[str]:
        # Words are cut when they are first asked for: a catalog has more products than answers.
        if product_id not in self._words:
            found = words(self.titles.get(product_id, ""))
            self._words[product_id] = frozenset(found) - STOPWORDS
        return self._words[product_id]


def make_shelf(tables: Tables) -> Shelf:
    """The shelf of a shop.

    A product's popularity is what its clicks weigh once the pull of the upper positions is out
    (`engine.labelling.clicks`), and each order of it as much as a purchase in the log.
    """
    products = tables.products.set_index("product_id")
    weights = clicked(tables).groupby("product_id")["weight"].sum()
    bought = tables.orders["product_id"].value_counts() * EVENT_WEIGHTS["purchase"]
    popularity = weights.add(bought, fill_value=0.0)
    return Shelf(
        categories={
            str(name): frozenset(levels(str(path)))
            for name, path in products["category"].dropna().items()
        },
        brands=_texts(products["brand"]),
        titles=_texts(products["title"]),
        popularity={str(name): float(value) for name, value in popularity.items()},
    )


def _texts(column: pd.Series) -> dict[str, str]:
    return {str(name): str(text) for name, text in column.dropna().items()}


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two) if one | two else 0.0
