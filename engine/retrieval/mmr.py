"""Maximal marginal relevance: a list of relevant products that aren't too much alike.

Source: Carbonell and Goldstein (SIGIR 1998).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def rerank_mmr(
    relevance: Floats, similarity: Floats, penalty: float, k: int | None = None
) -> NDArray[np.intp]:
    """Per list the places of the products in their new order, shape (lists, products).

    The next product is the one with the highest relevance − penalty · similarity, where similarity
    is that to the most similar product chosen before it; of equal ones the first. `relevance` has
    the shape (lists, products), `similarity` (lists, products, products). Only the first `k` are
    chosen (all by default); the others follow in their old order.
    """
    lists, count = relevance.shape
    chosen = np.empty((lists, count if k is None else min(k, count)), dtype=np.intp)
    most_similar = np.zeros((lists, count))
    free = np.ones((lists, count), dtype=bool)
    rows = np.arange(lists)
    for place in range(chosen.shape[1]):
        value = np.where(free, relevance - penalty * most_similar, -np.inf)
        best = np.argmax(value, axis=1)
        chosen[:, place] = best
        free[rows, best] = False
        most_similar = np.maximum(most_similar, similarity[rows, best])
    rest = np.nonzero(free)[1].reshape(lists, -1)
    return np.hstack([chosen, rest])
