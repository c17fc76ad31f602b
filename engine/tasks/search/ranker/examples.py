"""What a ranker learns from: for each query its candidates, with features and grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.ndcg import ideal_gain, ndcg
from engine.tasks.search.ranker.candidates import Candidates

Floats = NDArray[np.float32]
# Clicks far down a page count more, since few people look there; a single one not without limit.
MOST_WEIGHT = 4.0


@dataclass(frozen=True)
class RankedQuery:
    """A query's candidates with their features, (rows, features), and their grades, (rows,).

    `weights` say how much each row counts. `ideal` is the best DCG@10 that any order of all
    relevant products has, those included that are no candidates.
    """

    features: Floats
    base: Floats
    grades: Floats
    weights: Floats
    ideal: float

    @classmethod
    def make(
        cls,
        candidates: Candidates,
        features: Floats,
        product_ids: Sequence[str],
        qrels: Mapping[str, int],
        weights: Mapping[str, float],
    ) -> Self:
        """With grades from `qrels`; what nobody judged or clicked is graded 0.

        `weights` are those of the relevant products, corrected for how far down a page they were
        clicked (`engine.labelling.clicks`).
        """
        names = [product_ids[row] for row in candidates.rows]
        grades = np.array([qrels.get(name, 0) for name in names], dtype=np.float32)
        # How much more a product was clicked than its place explains, by the query's own mean.
        usual = np.mean([weights[name] for name in qrels if qrels[name] > 0] or [1.0])
        counts = np.array(
            [weights.get(name, usual) if qrels.get(name, 0) > 0 else usual for name in names]
        )
        relative = np.clip(counts / usual, 1 / MOST_WEIGHT, MOST_WEIGHT)
        return cls(
            features,
            candidates.base,
            grades,
            np.sqrt(relative).astype(np.float32),
            ideal_gain(qrels.values()),
        )

    def score(self, scores: NDArray[np.floating]) -> float:
        """nDCG@10 of the candidates in the order of `scores`."""
        return ndcg(scores, self.grades, self.ideal)


@dataclass(frozen=True)
class Lists:
    """Many queries' candidates in one table, query after query."""

    queries: Sequence[RankedQuery]

    @cached_property
    def features(self) -> Floats:
        """Shape (all rows, features)."""
        return np.concatenate([one.features for one in self.queries])

    @cached_property
    def base(self) -> Floats:
        """Shape (all rows,)."""
        return np.concatenate([one.base for one in self.queries])

    @cached_property
    def grades(self) -> Floats:
        """Shape (all rows,)."""
        return np.concatenate([one.grades for one in self.queries])

    @cached_property
    def weights(self) -> Floats:
        """Shape (all rows,)."""
        return np.concatenate([one.weights for one in self.queries])

    @property
    def sizes(self) -> list[int]:
        """How many rows each query has."""
        return [len(one.grades) for one in self.queries]
