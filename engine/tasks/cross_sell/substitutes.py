"""Products that replace each other: looked at together, alike, and not bought together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import pair_counts, to_matrix

LOOKS = ("click", "add_to_cart", "purchase")
# So near are the nearest 2 % of the shop: near enough to stand in for each other by text alone.
ALIKE = 0.98


@dataclass(frozen=True)
class Substitute:
    """A product that could be bought instead of `of`.

    `looks` counts the searches in which both were looked at, `closeness` is the cosine of their
    texts.
    """

    product_id: str
    of: str
    looks: int
    closeness: float


def looked_at_together(searches: pd.DataFrame, columns: Mapping[str, int]) -> csr_matrix:
    """How often two products were looked at in one search of a session, (products, products)."""
    looks = searches[searches["event"].isin(LOOKS) & searches["product_id"].notna()]
    looks = looks.drop_duplicates(["session_id", "query", "product_id"])
    keys = [looks["session_id"].fillna(""), looks["query"].fillna("")]
    found = looks["product_id"].groupby(keys).agg(list)
    return pair_counts(to_matrix(found.tolist(), columns))


class Substitutes:
    """Finds what could replace a product, and so does not go with it.

    `vectors` are the products' texts, length 1; `categories` their leaves, "" for none; `looks` and
    `lift` are products × products.
    """

    def __init__(
        self,
        product_ids: Sequence[str],
        categories: Sequence[str],
        vectors: NDArray[np.float32],
        looks: csr_matrix,
        lift: csr_matrix,
    ) -> None:
        self.product_ids = list(product_ids)
        self.leaves, _ = pd.factorize(np.asarray(categories, dtype=object))
        self.vectors = vectors
        self.looks = looks
        self.lift = lift

    def of(self, row: int, k: int) -> list[Substitute]:
        """The `k` best substitutes of product number `row`.

        They are of its leaf category where it has one, not bought with it more often than by
        chance, and were looked at in the same searches or are much alike in text.
        """
        return self._of(row, self.vectors @ self.vectors[row], k)

    def _of(self, row: int, closeness: NDArray[np.float32], k: int) -> list[Substitute]:
        looks = np.asarray(self.looks[[row]].todense()).ravel()
        bought = np.asarray(self.lift[[row]].todense()).ravel()
        same = self.leaves == self.leaves[row]
        alike = closeness >= np.quantile(closeness, ALIKE)
        fits = same & (bought <= 1) & ((looks > 0) | alike)
        fits[row] = False
        rows = np.flatnonzero(fits)
        order = rows[np.argsort(-(closeness[rows] + np.log1p(looks[rows])), kind="stable")]
        return [
            Substitute(
                self.product_ids[n], self.product_ids[row], int(looks[n]), float(closeness[n])
            )
            for n in order[:k]
        ]

    def of_basket(self, rows: Sequence[int], k: int) -> list[Substitute]:
        """The best substitutes of a basket's products, in turn, `k` in all; none of them twice."""
        # One product of matrices reads a large catalog's vectors once for the whole basket; the
        # tall matrix first, which takes two thirds of the time.
        near = np.ascontiguousarray((self.vectors @ self.vectors[list(rows)].T).T)
        each = k + len(rows)
        queues = [self._of(row, close, each) for row, close in zip(rows, near, strict=True)]
        taken = {self.product_ids[row] for row in rows}
        found: list[Substitute] = []
        for place in range(max(map(len, queues), default=0)):
            for queue in queues:
                if place < len(queue) and queue[place].product_id not in taken:
                    taken.add(queue[place].product_id)
                    found.append(queue[place])
        return found[:k]
