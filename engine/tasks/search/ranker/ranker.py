"""A learned order: trees or weights, with what they are good for on disk."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from engine.storage.files import write_json
from engine.tasks.search.ranker.examples import Lists, RankedQuery
from engine.tasks.search.ranker.features import FEATURES, RISING
from engine.tasks.search.ranker.lambdamart import LambdaMart
from engine.tasks.search.ranker.linear import LinearRanker

Floats = NDArray[np.float32]
Kind = Literal["linear", "trees_on_base", "trees"]
# From the simplest on: the first is pulled towards words and meaning together, the last is free.
KINDS: tuple[Kind, ...] = ("linear", "trees_on_base", "trees")
# Trees learn nothing from fewer queries that weights do not.
ENOUGH_FOR_TREES = 40
# From so many queries on, trees need no order to start from.
ENOUGH_ALONE = 300
# Rows that tell what counts most: their contributions cost far more than their scores.
IMPORTANCE_ROWS = 4_000
FILE = "ranker.json"


@dataclass(frozen=True)
class Ranker:
    """A model of one kind; `importance` is each feature's mean share in its scores."""

    kind: Kind
    model: LambdaMart | LinearRanker
    importance: Sequence[float]

    @classmethod
    def fit(cls, kind: Kind, queries: Sequence[RankedQuery]) -> Self:
        """Learn from all of `queries`, and look at some of their rows for what counts most."""
        model = _fit(kind, queries)
        return cls(kind, model, _importance(model, queries))

    def scores(self, features: Floats, base: Floats) -> Floats:
        """The higher, the further up; shape (rows,)."""
        return self.model.scores(features, base)

    def contributions(self, features: Floats) -> Floats:
        """What each feature adds to each row's score, shape (rows, features)."""
        return self.model.contributions(features)

    def save(self, folder: Path) -> None:
        """Write the model and what it is into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder)
        about = {
            "kind": self.kind,
            "features": list(FEATURES),
            "importance": list(self.importance),
        }
        write_json(folder / FILE, about)

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """What `save` wrote; None where nothing was, or where it knows other features."""
        if not (folder / FILE).is_file():
            return None
        about = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if tuple(about["features"]) != FEATURES:
            return None
        kind: Kind = about["kind"]
        model: LambdaMart | LinearRanker = (
            LinearRanker.load(folder)
            if kind == "linear"
            else LambdaMart.load(folder, on_base=kind == "trees_on_base")
        )
        return cls(kind, model, about["importance"])


def draw_folds(count: int, folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each of `count` queries."""
    return np.asarray(np.random.default_rng(seed).permutation(count) % folds, dtype=np.int64)


def cross_validate(
    kind: Kind, queries: Sequence[RankedQuery], folds: int, seed: int
) -> NDArray[np.float64]:
    """nDCG@10 of every query under a model that learned from the other folds' queries."""
    part = draw_folds(len(queries), folds, seed)
    scores = np.full(len(queries), np.nan)
    for fold in range(folds):
        learned = [query for query, place in zip(queries, part, strict=True) if place != fold]
        if not any(query.grades.any() for query in learned):
            continue
        model = _fit(kind, learned, seeds=1)
        for row in np.flatnonzero(part == fold):
            one = queries[int(row)]
            scores[row] = one.score(model.scores(one.features, one.base))
    return scores


def _fit(
    kind: Kind, queries: Sequence[RankedQuery], seeds: int | None = None
) -> LambdaMart | LinearRanker:
    lists = Lists([query for query in queries if len(query.grades)])
    if kind == "linear":
        return LinearRanker.fit(lists)
    rising = [name in RISING for name in FEATURES]
    how_many = {"seeds": seeds} if seeds else {}
    return LambdaMart.fit(lists, rising, kind == "trees_on_base", **how_many)


def _importance(model: LambdaMart | LinearRanker, queries: Sequence[RankedQuery]) -> list[float]:
    """The mean absolute contribution of each feature, all together 1."""
    table = np.concatenate([query.features for query in queries])
    some = table[:: len(table) // IMPORTANCE_ROWS + 1]
    shares = np.abs(model.contributions(some)).mean(axis=0).astype(float)
    return [float(share) for share in shares / max(shares.sum(), 1e-9)]
