"""Which products of a catalog a ranker puts in order: those that words or meaning find first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.ranking import Ranking

MOST = 100
# How much words count beside meaning, and how steeply ranks fall, in the order they start from.
WORDS_WEIGHT, FUSED_OFFSET = 2.0, 20
BASE_SCALE = 10.0
# The rank of what a list does not hold.
BEYOND = 10_000


@dataclass(frozen=True)
class Candidates:
    """The products that one query is answered from, each array of shape (rows,).

    `rows` are their places in the catalog; `word_ranks` and `meaning_ranks` count from 1 and are
    `BEYOND` for what a list does not hold, and so are `fused_ranks`, the ranks of both together.
    `base` is what those are ordered by, 0 to `BASE_SCALE`.
    """

    rows: NDArray[np.intp]
    word_ranks: NDArray[np.float32]
    meaning_ranks: NDArray[np.float32]
    fused_ranks: NDArray[np.float32]
    base: NDArray[np.float32]


def gather(
    rows_by_id: Mapping[str, int], by_words: Ranking, by_meaning: Ranking, others: Sequence[Ranking]
) -> Candidates:
    """The first `MOST` of every list, in the order of the catalog."""
    lists = [
        [rows_by_id[name] for name in ranking.product_ids[:MOST]]
        for ranking in (by_words, by_meaning, *others)
    ]
    rows = np.unique(np.array([row for found in lists for row in found], dtype=np.intp))
    word_ranks, meaning_ranks = (_ranks(rows, found) for found in lists[:2])
    base = WORDS_WEIGHT / (FUSED_OFFSET + word_ranks) + 1 / (FUSED_OFFSET + meaning_ranks)
    fused_ranks = np.empty(len(rows), dtype=np.float32)
    fused_ranks[np.argsort(-base, kind="stable")] = np.arange(1, len(rows) + 1)
    scaled = BASE_SCALE * base / base.max() if len(rows) else base
    return Candidates(rows, word_ranks, meaning_ranks, fused_ranks, scaled.astype(np.float32))


def _ranks(rows: NDArray[np.intp], ranked: Sequence[int]) -> NDArray[np.float32]:
    ranks = np.full(len(rows), BEYOND, dtype=np.float32)
    ranks[np.searchsorted(rows, np.asarray(ranked, dtype=np.intp))] = np.arange(1, len(ranked) + 1)
    return ranks
