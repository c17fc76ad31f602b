"""Rerank a list for diversity, novelty and freshness.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) with novelty and freshness as
further objectives, combined linearly (Vargas and Castells, RecSys 2011).
"""

from dataclasses import astuple, dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from engine.retrieval.mmr import rerank_mmr

# Products below this place are not relevant enough to come up.
DEPTH = 100
# A weight of 1 would leave no room for relevance.
MOST = 0.9
# The age in days at which a product is half as fresh as a new one.
HALF_LIFE = 30.0
Floats = NDArray[np.floating]
Share = Annotated[float, Field(ge=0, le=MOST, strict=True)]


@dataclass(frozen=True)
class RerankWeights:
    """How much each objective counts, 0 to `MOST`: at 0.5 as much as relevance."""

    # A misspelt objective would otherwise be ignored without a word.
    __pydantic_config__ = ConfigDict(extra="forbid")

    diversity: Share = 0.0
    novelty: Share = 0.0
    freshness: Share = 0.0

    def __bool__(self) -> bool:
        """Whether any objective counts."""
        return any(astuple(self))


@dataclass(frozen=True)
class ListTraits:
    """What the first places of lists are like on average.

    `diversity` is the mean distance (1 − similarity) of the pairs of a list, the intra-list
    distance of Vargas and Castells (2011), 0 for a single product; `novelty` is in bits, `age` in
    days.
    """

    diversity: float
    novelty: float
    age: float


@dataclass(frozen=True)
class Candidates:
    """The products of some lists, the most relevant first; shapes (lists, products).

    `relevance` is how much each is wanted, `novelty` in bits, `age` in days; NaN where a list is
    shorter. `similarity` is that of any two, 0 to 1, shape (lists, products, products).
    """

    relevance: Floats
    novelty: Floats
    age: Floats
    similarity: Floats


def rerank(candidates: Candidates, weights: RerankWeights, k: int) -> NDArray[np.intp]:
    """Per list the places of the candidates in their new order, shape (lists, products).

    Only the first `k` are chosen anew. The next product is that with the highest
    r + n·novelty + f·freshness − d·similarity, with r the relevance and novelty brought to 0…1 over
    the list, freshness 2^(−age / `HALF_LIFE`), similarity that to the most similar product above
    it, and the weights share / (1 − share), so that a share of 0.5 makes an objective count as much
    as relevance.
    """
    lists, count = candidates.relevance.shape
    if not weights:
        return np.tile(np.arange(count), (lists, 1))
    value = (
        _scaled(candidates.relevance)
        + _odds(weights.novelty) * _scaled(candidates.novelty)
        + _odds(weights.freshness) * freshness(candidates.age)
    )
    # The empty places of a shorter list come after its products.
    value = np.where(np.isnan(value), -1e9, value)
    return rerank_mmr(value, candidates.similarity, _odds(weights.diversity), k)


def freshness(age: Floats) -> Floats:
    """From 1 for a product that came today towards 0, by the `age` in days."""
    fresh: Floats = np.exp2(-np.asarray(age, dtype=float) / HALF_LIFE)
    return fresh


def similarity(vectors: Floats, mean: Floats) -> Floats:
    """The similarity of products: 0 as two of the catalog on average or less, 1 the same.

    `vectors` (…, products, dimension) have length 1; the squared length of the catalog's `mean` is
    the mean cosine of its products. Gives shape (…, products, products).
    """
    usual = float(mean @ mean)
    near = vectors @ vectors.swapaxes(-1, -2)
    scaled: Floats = np.clip((near - usual) / max(1 - usual, 1e-9), 0, 1)
    return scaled


def describe(candidates: Candidates, order: NDArray[np.intp], k: int) -> ListTraits:
    """The traits of the first `k` places of the lists in an `order` as `rerank` gives it."""
    top = order[:, :k]
    rows = np.arange(len(top))[:, None]
    there = ~np.isnan(candidates.relevance[rows, top])
    apart = 1 - candidates.similarity[rows[:, :, None], top[:, :, None], top[:, None, :]]
    pairs = (there[:, :, None] & there[:, None, :]) & ~np.eye(top.shape[1], dtype=bool)
    counts = pairs.sum(axis=(1, 2))
    distance = np.where(pairs, apart, 0).sum(axis=(1, 2)) / np.maximum(counts, 1)
    return ListTraits(
        diversity=float(distance.mean()) if len(top) else 0.0,
        novelty=_mean(candidates.novelty[rows, top][there]),
        age=_mean(candidates.age[rows, top][there]),
    )


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0


def _odds(share: float) -> float:
    return share / (1 - share)


def _scaled(values: Floats) -> Floats:
    """Each row from 0 (its lowest) to 1 (its highest); 0 where all are the same."""
    if not values.size:
        return values
    low, high = (find(values, axis=1, keepdims=True) for find in (np.nanmin, np.nanmax))
    scaled: Floats = (values - low) / np.where(high > low, high - low, 1)
    return scaled
