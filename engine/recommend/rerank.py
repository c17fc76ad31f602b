"""A list that is more varied, less obvious or fresher than what is wanted most.

Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) with novelty and freshness as
further wishes, combined linearly (Vargas and Castells, RecSys 2011).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

# Products below these places are not wanted enough to come up.
DEPTH = 100
# A wish of 1 would leave no room for what is wanted.
MOST = 0.9
# A product half as fresh as a new one is so many days old.
HALF_LIFE = 30.0
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Mix:
    """How much each wish counts, 0 to `MOST`: at 0.5 as much as being wanted."""

    diversity: float = 0.0
    novelty: float = 0.0
    freshness: float = 0.0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The mix of a plain dict; InputError for unknown wishes and shares out of range."""
        known = given.keys() <= asdict(cls()).keys()
        numbers = all(
            isinstance(share, int | float) and 0 <= share <= MOST for share in given.values()
        )
        if not known or not numbers:
            raise InputError("interest.bad_mix", most=MOST)
        return cls(**{name: float(share) for name, share in given.items()})

    def __bool__(self) -> bool:
        """Whether anything is wished."""
        return any(asdict(self).values())


@dataclass(frozen=True)
class Candidates:
    """What is known of the products of a list, the most wanted first; shapes (products,).

    `relevance` is how much each is wanted, `novelty` in bits, `age` in days, `likeness` how alike
    any two are, 0 to 1, shape (products, products).
    """

    relevance: Floats
    novelty: Floats
    age: Floats
    likeness: Floats


def rerank(found: Candidates, mix: Mix, k: int) -> NDArray[np.intp]:
    """The places of the candidates in their new order; only the first `k` are chosen anew.

    The next product is that with the highest r + n·novelty + f·freshness − d·likeness, with r the
    relevance and novelty brought to 0…1 over the candidates, freshness 2^(−age / `HALF_LIFE`),
    likeness that to the most alike product above it, and the weights share / (1 − share), so that
    a share of 0.5 makes a wish count as much as being wanted.
    """
    count = len(found.relevance)
    if not mix:
        return np.arange(count)
    worth = (
        _scaled(found.relevance)
        + _weight(mix.novelty) * _scaled(found.novelty)
        + _weight(mix.freshness) * freshness(found.age)
    )
    against = _weight(mix.diversity)
    closest = np.zeros(count)
    left = np.ones(count, dtype=bool)
    chosen = []
    for _ in range(min(k, count)):
        best = int(np.argmax(np.where(left, worth - against * closest, -np.inf)))
        chosen.append(best)
        left[best] = False
        closest = np.maximum(closest, found.likeness[best])
    return np.array([*chosen, *np.flatnonzero(left)], dtype=int)


def freshness(age: Floats) -> Floats:
    """From 1 for a product that came today towards 0."""
    fresh: Floats = np.exp2(-np.asarray(age, dtype=float) / HALF_LIFE)
    return fresh


def alike(vectors: Floats, mean: Floats) -> Floats:
    """How alike products are: 0 as two of the catalog on average or less, 1 the same.

    `vectors` (products, dimension) have length 1; the squared length of the catalog's `mean` is
    the mean cosine of its products.
    """
    usual = float(mean @ mean)
    scaled: Floats = np.clip((vectors @ vectors.T - usual) / max(1 - usual, 1e-9), 0, 1)
    return scaled


def describe(found: Candidates, order: NDArray[np.intp], k: int) -> dict[str, float]:
    """What the first `k` of a list are like: mean `diversity`, `novelty` (bits), `age` (days).

    Diversity is the mean distance (1 − likeness) of its pairs, the intra-list distance of Vargas
    and Castells (2011), of a single product 0.
    """
    top = order[:k]
    pairs = 1 - found.likeness[np.ix_(top, top)]
    count = len(top)
    apart = (pairs.sum() - np.trace(pairs)) / (count * (count - 1)) if count > 1 else 0.0
    return {
        "diversity": float(apart),
        "novelty": float(found.novelty[top].mean()) if count else 0.0,
        "age": float(found.age[top].mean()) if count else 0.0,
    }


def _weight(share: float) -> float:
    return share / (1 - share)


def _scaled(values: Floats) -> Floats:
    low, high = (values.min(), values.max()) if len(values) else (0.0, 0.0)
    scaled: Floats = (values - low) / (high - low) if high > low else np.zeros(len(values))
    return scaled
