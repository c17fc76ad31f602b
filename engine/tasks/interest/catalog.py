"""A catalog as the features see it: the vectors, brands, categories and prices of its products."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.tables.categories import leaves
from engine.tables.prices import price_z
from engine.tasks.interest.reranking import similarity

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]


class Catalog:
    """A catalog's products by row.

    `vectors` (products, dimension) have length 1; `mean` and `covariance` are those of the vectors.
    `brands` and `categories` hold a number for each distinct name, -1 for none. `price_z` is how
    far a price is above what the product's category costs, in standard deviations of the logarithm.
    """

    def __init__(self, products: pd.DataFrame, vectors: Floats) -> None:
        self.rows = {name: row for row, name in enumerate(products["product_id"])}
        self.vectors = vectors
        self.mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
        centred = vectors - self.mean
        self.covariance = centred.T @ centred / max(len(vectors), 1)
        categories = leaves(products["category"])
        self.brands = _codes(products["brand"].fillna("").to_numpy(dtype=object))
        self.categories = _codes(np.array(categories, dtype=object))
        self.price_z = price_z(products["price"], categories)

    def rows_of(self, product_ids: Sequence[str]) -> list[int]:
        """The rows of products."""
        return [self.rows[name] for name in product_ids]

    def similarity(self, product_ids: Sequence[str], others: Sequence[str]) -> NDArray[np.floating]:
        """The similarity of products to others by text, 0 to 1, shape (products, others)."""
        vectors = self.vectors[self.rows_of([*product_ids, *others])]
        return similarity(vectors, self.mean)[: len(product_ids), len(product_ids) :]


def _codes(names: NDArray[Any]) -> Rows:
    """A number for each distinct name, -1 for ""."""
    codes, distinct = pd.factorize(names)
    return np.where(np.asarray(distinct, dtype=object)[codes] == "", -1, codes)
