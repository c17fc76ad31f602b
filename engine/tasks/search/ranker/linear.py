"""A weight for each field and for meaning, as people set them by rule of thumb, learned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from engine.evaluation.coordinate_ascent import climb
from engine.tasks.search.ranker.examples import Lists, RankedQuery
from engine.tasks.search.ranker.features import FEATURES, WORDS

Floats = NDArray[np.float32]
# What gets a weight: the words in each field, in all of them, and the meaning.
WEIGHTED = (*WORDS, "words_all", "meaning_scaled")
STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
# More queries hardly move a handful of weights.
MOST_QUERIES = 300
# A weight moves only for more than what the order of a few products can bring by chance.
LEAST_GAIN = 0.002
FILE = "linear.safetensors"
_COLUMNS = [FEATURES.index(name) for name in WEIGHTED]


@dataclass(frozen=True)
class LinearRanker:
    """The base order's score, 0 to 1, plus weighted features of 0 to 1: `weights` (features,)."""

    weights: Floats

    @classmethod
    def fit(cls, lists: Lists) -> Self:
        """The weights that do best by nDCG@10, from the base order on.

        Coordinate ascent: see `engine.evaluation.coordinate_ascent`.
        """
        queries = lists.queries[:: max(len(lists.queries) // MOST_QUERIES, 1)]
        start = np.zeros(len(WEIGHTED), dtype=np.float32)
        return cls(climb(start, STEPS, partial(measure, queries), LEAST_GAIN))

    def scores(self, features: Floats, base: Floats) -> Floats:
        """The higher, the further up; shape (rows,)."""
        return mix(features[:, _COLUMNS], base, self.weights)

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to a row's score, shape (rows, features)."""
        shares = np.zeros_like(features)
        shares[:, _COLUMNS] = features[:, _COLUMNS] * self.weights
        return shares

    def save(self, folder: Path) -> None:
        """Write the weights as safetensors."""
        save_file({"weights": self.weights}, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """What `save` wrote."""
        return cls(load_file(folder / FILE)["weights"])


def mix(weighted: Floats, base: Floats, weights: Floats) -> Floats:
    """Scores of products whose features of `WEIGHTED` are `weighted`, shape (rows, weights)."""
    return np.asarray(base / max(float(base.max(initial=0)), 1e-6) + weighted @ weights)


def measure(queries: Sequence[RankedQuery], weights: Floats) -> float:
    """The mean nDCG@10 under these weights of the queries that have an answer."""
    scores = [
        query.score(mix(query.features[:, _COLUMNS], query.base, weights))
        for query in queries
        if query.ideal
    ]
    return float(np.mean(scores)) if scores else 0.0


def as_weights(weights: Mapping[str, float]) -> Floats:
    """Weights by name in the order of `WEIGHTED`, 0 for what is not named."""
    return np.array([weights.get(name, 0.0) for name in WEIGHTED], dtype=np.float32)
