"""nDCG@10 of scores in memory, for learning that measures thousands of orders a second.

`engine.evaluation.ranking` measures what is reported, with the same linear gains.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
_DISCOUNTS = 1 / np.log2(np.arange(2, DEPTH + 2))


def ideal_gain(grades: Iterable[int]) -> float:
    """The DCG@10 of the best order of these grades; 0 where nothing is relevant."""
    best = sorted((grade for grade in grades if grade > 0), reverse=True)[:DEPTH]
    return float(np.dot(best, _DISCOUNTS[: len(best)]))


def ndcg(scores: NDArray[np.floating], grades: NDArray[np.floating], ideal: float) -> float:
    """nDCG@10 of the order of `scores`, highest first, ties as they stand.

    `grades` are those of the same products, `ideal` is the `ideal_gain` of all that are relevant,
    those that were not found included.
    """
    if not ideal:
        return float("nan")
    first = np.argsort(-scores, kind="stable")[:DEPTH]
    return float(np.dot(grades[first], _DISCOUNTS[: len(first)])) / ideal
