"""The answer of any search system: product ids, best first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ranking:
    """Product ids, best first, each with the score it was ranked by."""

    product_ids: Sequence[str]
    scores: Sequence[float]

    def __len__(self) -> int:
        return len(self.product_ids)

    def top(self, k: int) -> "Ranking":
        """The first `k`."""
        return Ranking(self.product_ids[:k], self.scores[:k])


class Chances(Ranking):
    """A ranking whose scores are the chances, 0 to 1, that each product is clicked."""


def rank_matches(
    product_ids: Sequence[str],
    scores: NDArray[np.float32],
    k: int,
    keep: NDArray[np.bool_] | None = None,
) -> Ranking:
    """The `k` products of the highest scores in the mask `keep`, without those that score 0."""
    if keep is not None:
        scores = np.where(keep, scores, 0)
    rows = [row for row in best(scores, k) if scores[row] > 0]
    return Ranking([product_ids[row] for row in rows], [float(scores[row]) for row in rows])


def best(scores: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """The positions of the `k` highest scores, highest first; ties by position."""
    k = min(k, len(scores))
    candidates = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
    return candidates[np.lexsort((candidates, -scores[candidates]))]
