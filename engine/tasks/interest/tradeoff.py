"""What reranking for diversity, novelty or freshness costs, on pages that no model had seen."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import InputError
from engine.evaluation.compare import paired_interval
from engine.evaluation.heldout import RANKING_HEAD
from engine.evaluation.recommendation import DEPTH
from engine.tasks.interest.answers import Tradeoff
from engine.tasks.interest.reranking import (
    Candidates,
    Floats,
    RerankWeights,
    describe,
    rerank,
    similarity,
)

# A page shows about as many products as nDCG@10 looks at: only the traits of its first half change
# when it is reordered.
FIRST = 5
_KNOWN = ("known.novelty", "known.age")


def measure(
    heldout: pd.DataFrame,
    system: str,
    choices: Sequence[RerankWeights],
    rows: Mapping[str, int],
    vectors: Floats,
    mean: Floats,
) -> list[Tradeoff]:
    """The tradeoff of each of `choices` on the held-out pages of a run.

    Traits are those of the first `FIRST` places.

    `vectors` are those of the catalog's products, `rows` where each has its own, `mean` their mean.
    Pages with a product that the catalog has lost since are left out. Raises InputError for a run
    that kept no probabilities (an older one).
    """
    if not {f"{system}.chances", *_KNOWN} <= set(heldout):
        raise InputError("interest.no_chances")
    candidates, gains = _pages(heldout, system, rows, vectors, mean)
    start = rerank(candidates, RerankWeights(), 0)
    plain, was = ndcg(gains, start), describe(candidates, start, FIRST)
    tradeoffs = []
    for weights in choices:
        order = rerank(candidates, weights, candidates.relevance.shape[1])
        reranked = ndcg(gains, order)
        scores = pd.DataFrame({"plain.score": plain, "reranked.score": reranked}).assign(
            example_id=range(len(plain)), head=RANKING_HEAD
        )
        tradeoffs.append(
            Tradeoff(
                weights=weights,
                before=float(np.nanmean(plain)),
                after=float(np.nanmean(reranked)),
                interval=paired_interval(scores, "reranked", "plain"),
                was=was,
                now=describe(candidates, order, FIRST),
            )
        )
    return tradeoffs


def ndcg(gains: Floats, order: NDArray[np.intp]) -> Floats:
    """nDCG@10 of each list as `engine.evaluation.ranking` measures it, in one step for all.

    `gains` (lists, products) are grades, 0 where a list is shorter; `order` as `rerank` gives it.
    NaN for a list without anything relevant.
    """
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    drawn = np.take_along_axis(gains, order, axis=1)[:, :DEPTH]
    ideal = -np.sort(-gains, axis=1)[:, :DEPTH]
    reached, best = (one @ discounts[: one.shape[1]] for one in (drawn, ideal))
    shares: Floats = np.divide(reached, best, out=np.full(len(best), np.nan), where=best > 0)
    return shares


def _pages(
    heldout: pd.DataFrame, system: str, rows: Mapping[str, int], vectors: Floats, mean: Floats
) -> tuple[Candidates, Floats]:
    """Every page's products by probability, and the grade of each."""
    columns = [heldout[name].map(json.loads) for name in (f"{system}.chances", *_KNOWN, "truth")]
    pages = [page for page in zip(*columns, strict=True) if page[0].keys() <= rows.keys()]
    widest = max((len(page[0]) for page in pages), default=0)
    figures = np.full((4, len(pages), widest), np.nan)
    places = np.zeros((len(pages), widest), dtype=int)
    for number, page in enumerate(pages):
        names = sorted(page[0], key=lambda name: (-page[0][name], name))
        figures[:, number, : len(names)] = [[column[name] for name in names] for column in page]
        places[number, : len(names)] = [rows[name] for name in names]
    chances, novelty, age, gains = figures
    return Candidates(chances, novelty, age, similarity(vectors[places], mean)), np.nan_to_num(
        gains
    )
