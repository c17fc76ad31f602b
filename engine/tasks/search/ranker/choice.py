"""Whether a learned order pays, and which system a shop is advised to use: by cross-validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.one_error import choose_simplest
from engine.evaluation.ranking import PRIMARY, score_each
from engine.ranking import Ranking
from engine.tasks.search.ranker.examples import RankedQuery
from engine.tasks.search.ranker.ranker import (
    ENOUGH_ALONE,
    ENOUGH_FOR_TREES,
    KINDS,
    Kind,
    Ranker,
    cross_validate,
)

Scores = NDArray[np.float64]
FOLDS = 3
# With fewer queries a fold says nothing.
ENOUGH_TO_LEARN = 12
# A choice among systems by fewer queries than these would be luck.
ENOUGH_TO_CHOOSE = 50
# From what answers without any learning to what learns most. What the queries cannot tell apart is
# decided by this order.
SIMPLEST_FIRST = (
    "hybrid_untuned",
    "bm25_all",
    "bm25",
    "bm25_title",
    "untuned",
    "bm25f",
    "bm25_synonyms",
    "ranked_untuned",
    "hybrid_tuned",
    "tuned",
    "ranked_tuned",
)


@dataclass(frozen=True)
class Tried:
    """A ranker with its nDCG@10 on every query, each under a model that did not learn from it."""

    ranker: Ranker
    scores: Scores


def learn_ranker(
    queries: Sequence[RankedQuery], seed: int, kinds: Sequence[Kind] = KINDS
) -> Tried | None:
    """The ranker of the kind that cross-validation carries; None with too few queries."""
    useful = sum(bool(query.grades.any()) for query in queries)
    if useful < ENOUGH_TO_LEARN:
        return None
    chosen = [kind for kind in kinds if _is_worth_trying(kind, useful)]
    scores: dict[str, Scores] = {
        kind: cross_validate(kind, queries, FOLDS, seed) for kind in chosen
    }
    best = choose_simplest(scores, chosen)
    kind = next(kind for kind in chosen if kind == best)
    return Tried(Ranker.fit(kind, queries), scores[best])


def _is_worth_trying(kind: Kind, queries: int) -> bool:
    if kind == "linear":
        return True
    return queries >= ENOUGH_FOR_TREES and (kind == "trees" or queries < ENOUGH_ALONE)


def choose_system(scores: Mapping[str, Scores]) -> str:
    """The simplest system within a standard error of the best, by nDCG@10 on the same queries.

    With fewer than `ENOUGH_TO_CHOOSE` queries the simplest of all: the figures would be luck.
    """
    if any(len(values) < ENOUGH_TO_CHOOSE for values in scores.values()):
        return next(name for name in SIMPLEST_FIRST if name in scores)
    return choose_simplest(scores, SIMPLEST_FIRST)


def score_queries(
    truth: Sequence[Mapping[str, int]], rankings: Mapping[str, Sequence[Ranking]]
) -> dict[str, Scores]:
    """nDCG@10 of every system on every query."""
    return {
        name: score_each(truth, lists)[PRIMARY].to_numpy(dtype=float)
        for name, lists in rankings.items()
    }
