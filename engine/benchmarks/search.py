"""Search by meaning and by words, beside faiss and bm25s alone."""

from collections.abc import Callable

import bm25s
import faiss
import numpy as np

from engine.benchmarks.answers import same_scores
from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.cost import alternate, figures, run
from engine.benchmarks.peers import named
from engine.benchmarks.shop import draw_queries, sample_products
from engine.ranking import Ranking
from engine.retrieval.bm25 import BM25Index
from engine.retrieval.dense import DenseIndex
from engine.tables.product_text import searchable_texts
from engine.text.words import words, words_of_all

VECTORS = {"smallest": 200, "usual": 20_000, "full": 100_000}
QUERIES = {"smallest": 5, "usual": 300, "full": 300}
ROUNDS = {"smallest": 1, "usual": 5, "full": 5}
DIMENSION, K = 384, 100


def compare(size: Size) -> list[Comparison]:
    """Ask both one query after the other; the time is that of a query."""
    return [_by_meaning(size), _by_words(size)]


def _by_meaning(size: Size) -> Comparison:
    draw = np.random.default_rng(0)
    vectors = draw.standard_normal((VECTORS[size], DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = vectors[: QUERIES[size]] + np.float32(0.01)
    ids = [str(row) for row in range(len(vectors))]
    ours = DenseIndex(ids, ids, vectors)
    bare = faiss.IndexFlatIP(DIMENSION)
    bare.add(vectors)
    answers: dict[str, list[list[str]]] = {}

    def ask_ours() -> None:
        answers["ours"] = [list(ours.search(one[None], K)[0].product_ids) for one in queries]

    def ask_peer() -> None:
        found = [bare.search(one[None], K)[1][0] for one in queries]
        answers["peer"] = [[str(row) for row in rows] for rows in found]

    costs = _alternate(ask_ours, ask_peer, size)
    same = float(np.mean([a == b for a, b in zip(answers["ours"], answers["peer"], strict=True)]))
    return Comparison(
        f"a query vector among {len(vectors):,} of {DIMENSION} numbers, the best {K}",
        f"{named('faiss-cpu')}, IndexFlatIP",
        costs,
        f"the same ranking for {same:.0%} of {len(queries)} queries",
        same == 1,
    )


def _by_words(size: Size) -> Comparison:
    products = sample_products()
    texts = searchable_texts(products).tolist()
    queries = draw_queries(products["title"], QUERIES[size])
    ours = BM25Index.of_texts(products["product_id"], texts)
    bare = bm25s.BM25(method="lucene")
    bare.index(words_of_all(texts), show_progress=False)
    answers: dict[str, list[list[float]]] = {}

    def ask_ours() -> None:
        found: list[Ranking] = [ours.search(query, K) for query in queries]
        answers["ours"] = [list(ranking.scores) for ranking in found]

    def ask_peer() -> None:
        found = [
            bare.retrieve([words(query)], k=K, show_progress=False).scores[0] for query in queries
        ]
        answers["peer"] = [[float(score) for score in scores if score > 0] for scores in found]

    costs = _alternate(ask_ours, ask_peer, size)
    same = same_scores(answers["ours"], answers["peer"])
    return Comparison(
        f"a query of three words among {len(texts):,} products, the best {K}",
        f"{named('bm25s')}, retrieve",
        costs,
        f"the same scores for {same:.0%} of {len(queries)} queries",
        same == 1,
    )


def _alternate(
    ours: Callable[[], None], peer: Callable[[], None], size: Size
) -> tuple[Figure, ...]:
    ours()
    peer()
    costs = alternate({"ours": lambda: run(ours), "peer": lambda: run(peer)}, ROUNDS[size])
    return figures(costs["ours"], costs["peer"], QUERIES[size], "ms")
