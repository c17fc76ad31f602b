"""What goes with a basket by the products' texts alone: it knows products nobody bought yet."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import Scores


class TextComplements:
    """Cosine of a basket's mean vector with each product's.

    `anchors` are the products' vectors as something that others go with, `products` as something
    that goes with others, both of shape (products, dimension) and length 1. An encoder that never
    learned the difference has the same for both: it then finds what is alike.
    """

    def __init__(self, anchors: NDArray[np.float32], products: NDArray[np.float32]) -> None:
        self.anchors = anchors
        self.products = products

    def fit(self, matrix: csr_matrix) -> Self:
        """Nothing to learn from baskets: the encoder did."""
        return self

    def scores(self, baskets: csr_matrix) -> Scores:
        """Cosines; 0 for an empty basket."""
        summed = np.asarray(baskets @ self.anchors, dtype=np.float32)
        length = np.linalg.norm(summed, axis=1, keepdims=True)
        unit = summed / np.maximum(length, 1e-9)
        return np.asarray(unit @ self.products.T, dtype=np.float32)
