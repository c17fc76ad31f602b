"""Rank fusion: one ranking from several."""

from collections.abc import Sequence

from engine.ranking import Ranking

RRF_K = 60


def fuse(rankings: list[Ranking], weights: list[float], k: int) -> Ranking:
    """Weighted reciprocal rank fusion: score = sum of weight / (60 + rank), best `k`.

    Source: Cormack, Clarke and Buettcher (SIGIR 2009). Ties keep the order of the first ranking.
    """
    scores: dict[str, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, product_id in enumerate(ranking.product_ids, start=1):
            scores[product_id] = scores.get(product_id, 0.0) + weight / (RRF_K + rank)
    ordered = sorted(scores, key=lambda product_id: -scores[product_id])[:k]
    return Ranking(ordered, [scores[product_id] for product_id in ordered])


def fuse_all(
    first: Sequence[Ranking], second: Sequence[Ranking], weight: float, k: int
) -> list[Ranking]:
    """`fuse` query by query; the first ranking counts `weight` times as much as the second."""
    return [fuse([a, b], [weight, 1.0], k) for a, b in zip(first, second, strict=True)]
