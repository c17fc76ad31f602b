"""What the task says of one query, and why a product answers it."""

from collections.abc import Mapping, Sequence

from engine.errors import InputError
from engine.ranking import Ranking
from engine.tasks.search.answers import (
    MOST_RESULTS,
    SearchAnswer,
    SearchExplanation,
    SearchInput,
    SearchResult,
    WhyInput,
)
from engine.tasks.search.bundle import SearchBundle
from engine.text.words import leave_one_out, normalise

# The system that answers by words alone, if the encoder knows less than half of a query.
WORDS, MOSTLY = "bm25_all", 0.5


def answer(
    bundle: SearchBundle, item: SearchInput, rankings: Mapping[str, Ranking], near: Sequence[str]
) -> SearchAnswer:
    """The answer to one query from the `rankings` of every system, with the queries `near` it."""
    systems = {name: _top(ranking, item.k) for name, ranking in rankings.items()}
    unknown_share = bundle.encoder.unknown_share([normalise(item.query)])
    by_words = unknown_share > MOSTLY and systems.get(WORDS)
    system = WORDS if by_words else bundle.recommended
    return SearchAnswer(
        query=normalise(item.query),
        system=system,
        results=[
            SearchResult(rank, product_id, bundle.titles[product_id], score)
            for rank, (product_id, score) in enumerate(systems[system], start=1)
        ],
        systems=systems,
        unknown_share=unknown_share,
        near=near,
    )


def explain(bundle: SearchBundle, item: WhyInput) -> SearchExplanation:
    """Why a product answers a query: what each query word adds to their closeness.

    A word's share is how much the cosine falls when it is left out (occlusion; Zeiler and Fergus
    2014). Raises InputError for a product that the catalog does not hold.
    """
    query, product_id = normalise(item.query), item.product_id
    if product_id not in bundle.dense.rows:
        raise InputError("search.unknown_product", product=product_id)
    parts = leave_one_out(query)
    vectors = bundle.encode([query, *(rest for _, rest in parts)])
    cosine, *without = [bundle.dense.cosine(vector, product_id) for vector in vectors]
    wanted = ("bm25_all", bundle.side.name)
    searched = bundle.search([query], systems=wanted)
    ids = {name: rankings[0].product_ids for name, rankings in searched.items()}
    return SearchExplanation(
        weights=[(word, cosine - left) for (word, _), left in zip(parts, without, strict=True)],
        words=bundle.bm25_all.shares(query, product_id),
        cosine=cosine,
        rank_bm25=_place(ids["bm25_all"], product_id),
        rank_dense=_place(ids[bundle.side.name], product_id),
        order=bundle.explain_order(query, product_id),
    )


def _top(ranking: Ranking, k: int) -> list[tuple[str, float]]:
    best = ranking.top(min(k, MOST_RESULTS))
    return [(name, float(score)) for name, score in zip(best.product_ids, best.scores, strict=True)]


def _place(product_ids: Sequence[str], product_id: str) -> int | None:
    return product_ids.index(product_id) + 1 if product_id in product_ids else None
