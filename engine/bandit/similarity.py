"""How similar products are: by category, brand and the words of their titles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd

from engine.bandit.arrays import Floats
from engine.bandit.visits import Acts
from engine.tables.categories import levels
from engine.tables.events import FEEDBACK_WEIGHTS
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, words


@dataclass(frozen=True)
class ProductSimilarity:
    """The similarity of a catalog's products; its fields are by product id.

    `categories` holds the levels of each product's category path.
    """

    categories: Mapping[str, frozenset[str]]
    brands: Mapping[str, str]
    titles: Mapping[str, str]

    @cached_property
    def _title_words(self) -> dict[str, frozenset[str]]:
        return {}

    def between(self, product_id: str, other: str) -> float:
        """The similarity of two products, 0 to 1; 1 for a product and itself.

        It is the mean of up to three: the overlap (Jaccard) of the titles' words, that of the
        category paths, and whether the brand is the same. What either product lacks is left out.
        """
        if product_id == other:
            return 1.0
        parts = [_jaccard(self._words_of(product_id), self._words_of(other))]
        path, other_path = (self.categories.get(name, frozenset()) for name in (product_id, other))
        if path and other_path:
            parts.append(_jaccard(path, other_path))
        brand, other_brand = (self.brands.get(name, "") for name in (product_id, other))
        if brand and other_brand:
            parts.append(float(brand == other_brand))
        return sum(parts) / len(parts)

    def matrix(self, product_ids: Sequence[str]) -> Floats:
        """The similarity of every two of the products, shape (products, products)."""
        matrix = np.eye(len(product_ids))
        for row, column in combinations(range(len(product_ids)), 2):
            similarity = self.between(product_ids[row], product_ids[column])
            matrix[row, column] = matrix[column, row] = similarity
        return matrix

    def affinity(self, product_id: str, acts: Acts) -> float:
        """How similar a product is to those of `acts`, summed with the weights of the events."""
        return sum(FEEDBACK_WEIGHTS[event] * self.between(product_id, name) for name, event in acts)

    def _words_of(self, product_id: str) -> frozenset[str]:
        # Titles are split into words when they are needed: few of a catalog's products ever are.
        if product_id not in self._title_words:
            title = words(self.titles.get(product_id, ""))
            self._title_words[product_id] = frozenset(title) - STOPWORDS
        return self._title_words[product_id]


def highest_affinity(acts: Acts) -> float:
    """The affinity of a product that is the same as every product of `acts`."""
    return sum(FEEDBACK_WEIGHTS[event] for _, event in acts)


def read_similarity(tables: Tables) -> ProductSimilarity:
    """The similarity of a shop's products."""
    products = tables.products.set_index("product_id")
    return ProductSimilarity(
        categories={
            str(name): frozenset(levels(str(path)))
            for name, path in products["category"].dropna().items()
        },
        brands=_texts(products["brand"]),
        titles=_texts(products["title"]),
    )


def _texts(column: pd.Series) -> dict[str, str]:
    return {str(name): str(text) for name, text in column.dropna().items()}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0
