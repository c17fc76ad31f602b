"""What the catalog itself says of a pair: shared brand and attributes, and a like price level.

Both know products that nobody has bought yet.
"""

import json
from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from engine.tables.prices import price_z
from engine.tasks.cooccurrence import Scores

LONGEST_VALUE = 40


class SharedFacts:
    """How many brands and attribute values a product shares with the basket's, on average.

    `facts` are those of each product, see `product_facts`.
    """

    def __init__(self, facts: Sequence[Sequence[str]]) -> None:
        codes, names = pd.factorize(np.array([one for row in facts for one in row], dtype=object))
        ends = np.cumsum([0, *map(len, facts)])
        data = np.ones(len(codes), dtype=np.float32)
        self.facts = csr_matrix((data, codes, ends), shape=(len(facts), max(len(names), 1)))
        # Turned round once: of a large catalog that takes longer than the product for a basket.
        self.holders = csr_matrix(self.facts.T)

    def fit(self, matrix: csr_matrix) -> Self:
        """Nothing to learn from baskets."""
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """Shared facts per product of the basket; 0 for an empty one."""
        shared = np.asarray((baskets @ self.facts @ self.holders).todense(), dtype=np.float32)
        return shared / sizes(baskets)


class PriceLevel:
    """How near a product's price level is to the basket's: minus the distance, so 0 is nearest.

    A level is the price's standard score within its category, see `engine.tables.prices`.
    """

    def __init__(self, prices: pd.Series, categories: Sequence[str]) -> None:
        self.levels = price_z(prices, categories)

    def fit(self, matrix: csr_matrix) -> Self:
        """Nothing to learn from baskets."""
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """Minus the distance of each product's level from the basket's mean level."""
        mean = np.asarray(baskets @ self.levels).reshape(-1, 1) / sizes(baskets)
        return np.asarray(-np.abs(self.levels[None, :] - mean), dtype=np.float32)


def sizes(baskets: csr_matrix) -> Scores:
    """How many products each basket holds, at least 1, shape (baskets, 1)."""
    return np.maximum(np.asarray(baskets.sum(axis=1), dtype=np.float32).reshape(-1, 1), 1)


def product_facts(products: pd.DataFrame) -> list[list[str]]:
    """The brand and the short attribute values of each product, as `name=value`."""
    brands = products["brand"].astype("str").fillna("")
    return [
        ([f"brand={brand}"] if brand else []) + _values(attributes)
        for brand, attributes in zip(brands, products["attributes"], strict=True)
    ]


def _values(attributes: object) -> list[str]:
    if not isinstance(attributes, str) or not attributes:
        return []
    return [
        f"{name}={value}"
        for name, value in json.loads(attributes).items()
        if isinstance(value, str) and 0 < len(value) <= LONGEST_VALUE
    ]
