"""A search model that finds jackets and pots by their place in the small shop."""

import re
from collections.abc import Sequence

from engine.storage.runs import UNTUNED
from engine.tasks.search.answers import (
    FieldWeights,
    SearchAnswer,
    SearchExplanation,
    SearchInput,
    SearchResult,
    WeightsAnswer,
    WhyInput,
)

PRODUCTS = 24


def predict(item: SearchInput, run: str, unknown_share: float = 0.0) -> SearchAnswer:
    """By words what shares one, by meaning all products; tuning moves the last one to the top."""
    place = "untuned" if run == UNTUNED else "tuned"
    by_words = _by_words(item.query, item.k)
    order = range(PRODUCTS) if run == UNTUNED else [23, *range(3, 23), 0, 1, 2]
    dense = _ranked(order, item.k)
    return SearchAnswer(
        query=item.query,
        system=f"hybrid_{place}",
        results=[
            SearchResult(rank, name, name, score)
            for rank, (name, score) in enumerate(dense, start=1)
        ],
        systems={"bm25": by_words, "bm25_all": by_words, place: dense, f"hybrid_{place}": dense},
        unknown_share=unknown_share,
    )


def explain(item: WhyInput, run: str) -> SearchExplanation:
    """Every word of the query counts the same."""
    weights = [(word, 0.5) for word in item.query.split()]
    order = [("words_title", 1.2), ("price_gap", -0.4)]
    return SearchExplanation(weights, {"rain": 1.0}, 0.61, None, rank_dense=2, order=order)


def measure(weights: FieldWeights) -> WeightsAnswer:
    """What counts is the title, up to 4."""
    ndcg = 0.1 + min(weights.title, 4) / 40
    learned = FieldWeights(title=4.0, everywhere=0.25)
    return WeightsAnswer(ndcg, 0.1, 0.2, learned, 50, [("words_title", 0.7), ("price", 0.3)])


def _by_words(query: str, k: int) -> list[tuple[str, float]]:
    words = set(re.findall(r"[a-z]+", query.lower()))
    rows = range(12) if "jacket" in words else range(12, 23) if words & {"teapot", "mug"} else []
    return _ranked(rows, k)


def _ranked(rows: Sequence[int], k: int) -> list[tuple[str, float]]:
    return [(f"P{row:02}", 1 / (place + 1)) for place, row in enumerate(list(rows)[:k])]
