"""Which categories go together: what reaches a product that nobody has bought yet."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import Scores, pair_counts

# So many imagined pairs at chance level keep a rare pair of categories near a lift of 1.
PRIOR_PAIRS = 5.0


class CategoryLift:
    """Log lift of the pairs of categories that were bought together, for products that have one."""

    def __init__(self, categories: Sequence[str]) -> None:
        self.codes, self.names = pd.factorize(np.asarray(categories, dtype=object))
        known = np.asarray(categories, dtype=object) != ""
        rows = np.flatnonzero(known)
        shape = (len(self.codes), max(len(self.names), 1))
        self.members = csr_matrix(
            (np.ones(len(rows), np.float32), (rows, self.codes[rows])), shape=shape
        )

    def fit(self, matrix: csr_matrix) -> Self:
        """Count the pairs of products by their categories, and compare with chance."""
        pairs = self.members.T @ pair_counts(matrix) @ self.members
        counts = np.asarray(pairs.todense(), dtype=float)
        share = counts.sum(axis=1) / max(counts.sum(), 1)
        chance = np.outer(share, share) * counts.sum()
        self.log_lift = np.log((counts + PRIOR_PAIRS) / (chance + PRIOR_PAIRS)).astype(np.float32)
        return self

    def between(self, first: str, second: str) -> float:
        """The lift of two categories, 1 where one is unknown."""
        places = [np.flatnonzero(self.names == name) for name in (first, second)]
        if not all(map(len, places)):
            return 1.0
        return float(np.exp(self.log_lift[places[0][0], places[1][0]]))

    def scores(self, baskets: csr_matrix) -> Scores:
        """The mean log lift of the basket's categories with each product's; 0 where unknown."""
        held = baskets @ self.members
        sizes = np.maximum(np.asarray(held.sum(axis=1)).reshape(-1, 1), 1)
        mean = np.asarray(held @ self.log_lift) / sizes
        return np.asarray((self.members @ mean.T).T, dtype=np.float32)
