"""Models of the package implicit, by the interface of this package."""

from typing import Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import ItemItemRecommender, bm25_weight
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from engine.tasks.cooccurrence import ItemItem, Scores

SEED = 13
NEIGHBOURS = 100
FACTORS = 64


class BM25Neighbours(ItemItem):
    """Nearest products where each basket's products are weighed as BM25 weighs words."""

    def fit(self, matrix: csr_matrix) -> Self:
        """Find the 100 nearest neighbours of every product."""
        model = ItemItemRecommender(K=NEIGHBOURS)
        weighted = csr_matrix(bm25_weight(matrix.astype(np.float64)))
        model.fit(weighted, show_progress=False)
        self.similarity = csr_matrix(model.similarity)
        return self


class Als:
    """Alternating least squares: Hu, Koren and Volinsky (ICDM 2008); a basket is a user."""

    def __init__(self, factors: int = FACTORS) -> None:
        self.factors = factors

    def fit(self, matrix: csr_matrix) -> Self:
        """Learn the factors of baskets and products."""
        # implicit uses threads of its own; those of BLAS would stand in their way.
        with threadpool_limits(1, "blas"):
            self.model = AlternatingLeastSquares(
                factors=self.factors, regularization=1.0, alpha=10.0, random_state=SEED
            )
            self.model.fit(matrix, show_progress=False)
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """A new basket's factors are solved for from the products it holds."""
        with threadpool_limits(1, "blas"):
            users = self.model.recalculate_user(np.arange(baskets.shape[0]), baskets)
        return np.asarray(users @ self.model.item_factors.T, dtype=np.float32)


class Bpr:
    """Bayesian personalized ranking: Rendle et al. (UAI 2009); a basket is a user."""

    def __init__(self, factors: int = FACTORS) -> None:
        self.model = BayesianPersonalizedRanking(
            factors=factors, learning_rate=0.05, random_state=SEED, num_threads=1
        )

    def fit(self, matrix: csr_matrix) -> Self:
        """Learn the factors of baskets and products."""
        self.model.fit(matrix, show_progress=False)
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """BPR cannot place a new basket: it counts as the mean of its products."""
        # The last column is a product's bias.
        factors, bias = self.model.item_factors[:, :-1], self.model.item_factors[:, -1]
        sizes = np.maximum(np.asarray(baskets.sum(axis=1)).reshape(-1, 1), 1)
        return np.asarray((baskets @ factors / sizes) @ factors.T + bias, dtype=np.float32)
