"""Which products of a large catalog are worth scoring for a shopper."""

import numpy as np
from numpy.typing import NDArray

from engine.ranking import best
from engine.tasks.interest.catalog import Catalog, Floats, Rows

MOST_SCORED = 2000


def shortlist(
    catalog: Catalog, ctrs: NDArray[np.float64], query: Floats | None, history: Rows
) -> Rows:
    """The rows of at most `MOST_SCORED` products: all of a small catalog, else the likeliest.

    These are in equal parts the most popular by `ctrs` (products,), those nearest to the vector of
    the `query`, if there is one, and those nearest to the mean of the `history`, if it holds any.
    """
    if len(catalog.vectors) <= MOST_SCORED:
        return np.arange(len(catalog.vectors))
    scores: list[NDArray[np.floating]] = [ctrs]
    if query is not None:
        scores.append(catalog.vectors @ query)
    if len(history):
        scores.append(catalog.vectors @ catalog.vectors[history].mean(axis=0))
    each = MOST_SCORED // len(scores)
    return np.unique(np.concatenate([best(values, each) for values in scores]))
