"""EASE^R: a linear model of each product on all others, in closed form."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import Scores, ShrunkCosine, product_counts


class Ease:
    """Each product predicted from the others by ridge regression with a diagonal of 0.

    B = I − P · diag(1 / P_jj) with P = (XᵀX + λI)⁻¹. Source: Steck (WWW 2019), arXiv:1905.03375.
    The inverse is worked out for the `most_products` bought most; pairs with a rarer product use
    the shrunk cosine, brought to B's scale by least squares over the pairs that both know.
    """

    def __init__(self, strength: float, most_products: int, shrink: float) -> None:
        self.strength = strength
        self.most_products = most_products
        self.shrink = shrink

    def fit(self, matrix: csr_matrix) -> Self:
        """Solve for B, and for the back-off."""
        counts = product_counts(matrix)
        ranked = np.argsort(-counts, kind="stable")[: self.most_products]
        self.head = np.sort(ranked[counts[ranked] > 0])
        chosen = csr_matrix(matrix[:, self.head])
        self.weights = solve(np.asarray((chosen.T @ chosen).todense(), float), self.strength)
        self.rare: csr_matrix | None = None
        if (counts > 0).sum() > len(self.head):
            self.rare = self._back_off(matrix)
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """The predicted value of every product; 0 for what was never bought."""
        if self.rare is None:
            found = np.zeros(baskets.shape, dtype=np.float32)
        else:
            found = np.asarray((baskets @ self.rare).todense(), dtype=np.float32)
        if len(self.head):
            found[:, self.head] += np.asarray(baskets[:, self.head] @ self.weights, np.float32)
        return found

    def _back_off(self, matrix: csr_matrix) -> csr_matrix:
        similar = ShrunkCosine(self.shrink).fit(matrix).similarity.tocoo()
        rows, columns = similar.coords
        place = np.full(matrix.shape[1], -1)
        place[self.head] = np.arange(len(self.head))
        known = (place[rows] >= 0) & (place[columns] >= 0)
        cosine = similar.data[known].astype(float)
        learned = self.weights[place[rows[known]], place[columns[known]]]
        scale = float(cosine @ learned / (cosine @ cosine)) if len(cosine) else 1.0
        rare = (similar.data[~known] * max(scale, 0.0), (rows[~known], columns[~known]))
        return csr_matrix(rare, shape=similar.shape, dtype=np.float32)


def solve(gram: NDArray[np.float64], strength: float) -> NDArray[np.float32]:
    """B of a Gram matrix XᵀX, shape (products, products), its diagonal 0."""
    if not len(gram):
        return gram.astype(np.float32)
    inverse = _inverse(gram + strength * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def _inverse(positive: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of a positive definite matrix by Cholesky, twice as fast as the general one."""
    factor, failed = lapack.dpotrf(positive, lower=1)
    if failed:
        raise np.linalg.LinAlgError(f"not positive definite: {failed}")
    inverse, _ = lapack.dpotri(factor, lower=1)
    lower: NDArray[np.float64] = np.tril(inverse)
    return lower + np.tril(lower, -1).T
