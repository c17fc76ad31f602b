"""What was bought together, counted: popularity, lift and shrunk cosine.

Every model of this package has `fit(matrix)`, which takes baskets × products and gives the model,
and `scores(baskets)`, which gives one score per basket and product, shape (baskets, products).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

Scores = NDArray[np.float32]


class Recommender(Protocol):
    """A model of what goes with a basket."""

    def fit(self, matrix: csr_matrix) -> Self:
        """Learn from past baskets, shape (baskets, products)."""

    def scores(self, baskets: csr_matrix) -> Scores:
        """How well each product goes with each basket, shape (baskets, products)."""


def to_matrix(baskets: Sequence[Sequence[str]], columns: Mapping[str, int]) -> csr_matrix:
    """Baskets × products, 1 where a basket holds a product; products without a column are left out.

    `columns` numbers the products from 0.
    """
    found = [[columns[name] for name in basket if name in columns] for basket in baskets]
    ends = np.cumsum([0, *map(len, found)])
    indices = np.fromiter((column for row in found for column in row), dtype=np.int32)
    data = np.ones(len(indices), dtype=np.float32)
    return csr_matrix((data, indices, ends), shape=(len(found), len(columns)))


def product_counts(matrix: csr_matrix) -> NDArray[np.float64]:
    """How many baskets hold each product."""
    return np.asarray(matrix.sum(axis=0), dtype=float).ravel()


def pair_counts(matrix: csr_matrix) -> csr_matrix:
    """How many baskets hold both of two products, shape (products, products), 0 with itself."""
    counts = csr_matrix(matrix.T @ matrix)
    counts.setdiag(0)
    counts.eliminate_zeros()
    return counts


def lift(matrix: csr_matrix) -> csr_matrix:
    """Lift of each pair: n_ij · N / (n_i · n_j), how much more often than by chance.

    Source: Brin, Motwani, Ullman and Tsur (SIGMOD 1997), there called interest.
    """
    return _scaled(pair_counts(matrix), 1 / np.maximum(product_counts(matrix), 1), matrix.shape[0])


class Popularity:
    """What is bought most, whatever is in the basket."""

    def fit(self, matrix: csr_matrix) -> Self:
        """Count the baskets that hold each product."""
        self.counts = product_counts(matrix).astype(np.float32)
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """The same counts for every basket."""
        return np.tile(self.counts, (baskets.shape[0], 1))


class ItemItem:
    """A basket's score for a product is the sum of its products' similarities to it."""

    similarity: csr_matrix

    def scores(self, baskets: csr_matrix) -> Scores:
        """Sums of similarities; 0 for what never met a product of the basket."""
        return np.asarray((baskets @ self.similarity).todense(), dtype=np.float32)


class Lift(ItemItem):
    """Similarity is the lift of the pair: it favours rare pairs."""

    def fit(self, matrix: csr_matrix) -> Self:
        """Work out the lift of every pair."""
        self.similarity = lift(matrix)
        return self


class ShrunkCosine(ItemItem):
    """Similarity is n_ij / (√(n_i · n_j) + shrink): pairs seen by chance count less.

    Source: Bell and Koren (ICDM 2007) for the shrinkage.
    """

    def __init__(self, shrink: float) -> None:
        self.shrink = shrink

    def fit(self, matrix: csr_matrix) -> Self:
        """Work out the similarity of every pair."""
        counts = pair_counts(matrix).tocoo()
        bought = product_counts(matrix)
        rows, columns = counts.coords
        shrunk = counts.data / (np.sqrt(bought[rows] * bought[columns]) + self.shrink)
        self.similarity = csr_matrix(
            (shrunk.astype(np.float32), (rows, columns)), shape=counts.shape
        )
        return self


def _scaled(counts: csr_matrix, factors: NDArray[np.float64], total: int) -> csr_matrix:
    scale = diags_array(factors)
    return csr_matrix(scale @ counts @ scale * total, dtype=np.float32)
