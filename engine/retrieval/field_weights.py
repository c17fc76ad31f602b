"""Learning how much each field counts in BM25F."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.coordinate_ascent import climb
from engine.evaluation.ndcg import ideal_gain, ndcg
from engine.retrieval.bm25f import FieldIndex, Floats, Matches, equal_weights

# Weights that a field may have, tried one field after another.
STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
# More queries hardly move five weights; more products than these are out of reach of the first ten.
MOST_QUERIES = 200
DEPTH = 500


@dataclass(frozen=True)
class _Lesson:
    """A query's words in its products, the products' grades, and the best DCG there is."""

    matches: Matches
    grades: NDArray[np.floating]
    ideal: float


def learn_field_weights(
    index: FieldIndex, queries: Sequence[str], truth: Sequence[Mapping[str, int]], seed: int
) -> Floats:
    """The weights of the fields that do best on `queries` by nDCG@10; equal ones without queries.

    Coordinate ascent (`engine.evaluation.coordinate_ascent`) from equal weights.
    """
    drawn = np.random.default_rng(seed).permutation(len(queries))[:MOST_QUERIES]
    lessons = [_lesson(index, queries[row], truth[row]) for row in drawn]
    lessons = [lesson for lesson in lessons if lesson.grades.any()]
    if not lessons:
        return equal_weights()
    return climb(
        equal_weights(),
        STEPS,
        lambda weights: _mean(lessons, weights) if weights.any() else 0.0,
    )


def _lesson(index: FieldIndex, query: str, qrels: Mapping[str, int]) -> _Lesson:
    first = index.matches(query).together(equal_weights())
    rows = np.argsort(-first, kind="stable")[:DEPTH]
    rows = rows[first[rows] > 0]
    grades = np.array([qrels.get(index.product_ids[row], 0) for row in rows], dtype=float)
    return _Lesson(index.matches(query, rows), grades, ideal_gain(qrels.values()))


def _mean(lessons: Sequence[_Lesson], weights: Floats) -> float:
    return float(
        np.mean([ndcg(one.matches.together(weights), one.grades, one.ideal) for one in lessons])
    )
