"""From scores to lists: the best products that a basket does not hold yet."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.sparse import csr_matrix

from engine.ranking import Ranking, best
from engine.tasks.cooccurrence import Scores
from engine.tasks.cross_sell.copurchase import blocks


def rank_baskets(
    score: Callable[[csr_matrix], Mapping[str, Scores]],
    baskets: csr_matrix,
    product_ids: Sequence[str],
    k: int,
) -> dict[str, list[Ranking]]:
    """The `k` best products of every system for every basket; none that the basket holds."""
    found: dict[str, list[Ranking]] = {}
    for rows in blocks(baskets):
        block = baskets[rows]
        held = block.nonzero()
        for name, scores in score(block).items():
            scores[held] = -np.inf
            found.setdefault(name, []).extend(_top(row, product_ids, k) for row in scores)
    return found


def _top(scores: Scores, product_ids: Sequence[str], k: int) -> Ranking:
    rows = [row for row in best(scores, k) if np.isfinite(scores[row])]
    return Ranking([product_ids[row] for row in rows], [float(scores[row]) for row in rows])
