"""The models over past baskets that stand side by side, and how their settings are chosen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import Lift, Popularity, Recommender, Scores, ShrunkCosine
from engine.tasks.cross_sell.ease import Ease

EASE_STRENGTHS = (3.0, 10.0, 30.0, 100.0, 300.0)
SHRINKS = (1.0, 5.0, 20.0, 100.0)
DEPTH = 10
# Baskets whose scores are held at once, and scores of a model: 20 MB of them.
BLOCK, BLOCK_SCORES = 256, 5_000_000
# Held-out baskets that choose a setting: more would not change the choice.
CHOOSING = 1000


@dataclass(frozen=True)
class Strengths:
    """How strongly EASE^R and the cosine are held back where baskets are few."""

    ease: float = 100.0
    shrink: float = 20.0


def fit_models(
    matrix: csr_matrix, strengths: Strengths, ease_products: int
) -> dict[str, Recommender]:
    """Popularity, lift, shrunk cosine and EASE^R, fitted."""
    models: dict[str, Recommender] = {
        "popularity": Popularity(),
        "lift": Lift(),
        "cosine": ShrunkCosine(strengths.shrink),
        "ease": Ease(strengths.ease, ease_products, strengths.shrink),
    }
    return {name: model.fit(matrix) for name, model in models.items()}


def choose_strengths(
    matrix: csr_matrix, baskets: csr_matrix, hidden: Sequence[int], ease_products: int
) -> Strengths:
    """The settings best on nDCG@10 over held-out `baskets`; the usual ones without any."""
    if not len(hidden):
        return Strengths()
    baskets, hidden = baskets[:CHOOSING], list(hidden)[:CHOOSING]

    def quality(model: Recommender) -> float:
        return mean_gain(model.fit(matrix), baskets, hidden)

    shrink = max(SHRINKS, key=lambda value: quality(ShrunkCosine(value)))
    ease = max(EASE_STRENGTHS, key=lambda value: quality(Ease(value, ease_products, shrink)))
    return Strengths(ease, shrink)


def mean_gain(model: Recommender, baskets: csr_matrix, hidden: Sequence[int]) -> float:
    """nDCG@10 of a fitted model on baskets with one hidden product each."""
    targets = np.asarray(hidden)
    gains = [
        hidden_gains(model.scores(baskets[rows]), baskets[rows], targets[rows])
        for rows in blocks(baskets)
    ]
    return float(np.concatenate(gains).mean())


def hidden_gains(
    scores: Scores, baskets: csr_matrix, hidden: NDArray[np.intp]
) -> NDArray[np.float64]:
    """nDCG@10 of each basket: 1 / log2(1 + rank) of its hidden product, 0 beyond the tenth.

    Products of the basket are no candidates; ties are ranked by position, as `retrieval.ranking`
    does.
    """
    scores = scores.copy()
    scores[baskets.nonzero()] = -np.inf
    own = scores[np.arange(len(hidden)), hidden][:, None]
    earlier = np.arange(scores.shape[1])[None, :] < np.asarray(hidden)[:, None]
    ranks = 1 + ((scores > own) | ((scores == own) & earlier)).sum(axis=1)
    return np.where(ranks <= DEPTH, 1 / np.log2(1 + ranks), 0.0)


def blocks(baskets: csr_matrix) -> Iterator[slice]:
    """The rows of a matrix in parts whose scores fit into memory, however many products it has."""
    rows, products = baskets.shape
    size = max(1, min(BLOCK, BLOCK_SCORES // max(products, 1)))
    return (slice(start, start + size) for start in range(0, rows, size))


def expected_shares(matrix: csr_matrix, product_ids: Sequence[str]) -> Mapping[str, float]:
    """The share of baskets that each product is expected in, above 0 for those never bought."""
    counts = np.asarray(matrix.sum(axis=0)).ravel()
    shares = (counts + 0.5) / (matrix.shape[0] + 1)
    return dict(zip(product_ids, shares.tolist(), strict=True))
