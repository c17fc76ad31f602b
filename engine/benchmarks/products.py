"""Growth of search from a thousand to a million products, beside the bare libraries."""

import tempfile
from pathlib import Path

import bm25s
import faiss
import numpy as np
from sentence_transformers import SentenceTransformer

from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.cost import alternate, figures, run
from engine.benchmarks.peers import named
from engine.benchmarks.shop import draw_queries, simulated_products
from engine.models.pretrained import locate
from engine.progress import Silent
from engine.retrieval.dense import DenseIndex
from engine.tables.product_text import searchable_texts
from engine.tables.tables import Tables
from engine.tasks.search.answers import SearchInput
from engine.tasks.search.task import TASK
from engine.text.words import words, words_of_all

PRODUCTS = {
    "smallest": (50,),
    "usual": (1_000, 10_000, 100_000),
    "full": (1_000, 10_000, 100_000, 1_000_000),
}
QUERIES = {"smallest": 3, "usual": 40, "full": 100}
K = 10
AGREEING = 0.9


def compare(size: Size, model: str = "") -> list[Comparison]:
    """Open the untuned search of simulated shops and ask one query after the other."""
    return [_compare(count, QUERIES[size], model) for count in PRODUCTS[size]]


def _compare(count: int, asked: int, model: str) -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables({"products": simulated_products(count)}, "en", folder=Path(folder))
        config = TASK.config("quick", tables, **({"model": model} if model else {}))
        opened = []
        opening = run(lambda: opened.append(TASK.untuned(tables, config, Silent())))
        bundle = opened[0]
        TASK.predict(bundle, [SearchInput("warm")])
        # Repeated queries would be remembered here, and encoded anew there.
        first, *others = draw_queries(tables.products["title"], 1 + asked)
        bare = SentenceTransformer(str(locate(config.model, Silent())), device="cpu")
        bare.max_seq_length = config.max_tokens
        exact = isinstance(bundle.dense, DenseIndex)
        vectors = bundle.dense.vectors if exact else _random(count, bundle.encoder.dimension)
        nearest = faiss.IndexFlatIP(vectors.shape[1])
        nearest.add(vectors)
        by_words = bm25s.BM25(method="lucene")
        by_words.index(words_of_all(searchable_texts(tables.products)), show_progress=False)
        found: list[list[str]] = []

        def peer(query: str) -> None:
            rows = nearest.search(bare.encode([query], normalize_embeddings=True), K)[1][0]
            by_words.retrieve([words(query)], k=K, show_progress=False)
            found.append([bundle.product_ids[row] for row in rows])

        peer(first)
        found.clear()
        costs = alternate(
            {
                "ours": lambda: run(
                    lambda: [TASK.predict(bundle, [SearchInput(q)]) for q in others]
                ),
                "peer": lambda: run(lambda: [peer(query) for query in others]),
            },
            1,
        )
        ours = bundle.dense.search(bundle.encode(others), K)
        pairs = zip(ours, found, strict=True)
        same = float(np.mean([len({*a.product_ids} & {*b}) / len(b) for a, b in pairs]))
    check = f"measured once; {same:.0%} of the first ten by meaning are the same"
    if not exact:
        check = "the peer searches random vectors: encoding every product would take hours"
    return Comparison(
        f"{count:,} products: a query by meaning and words",
        f"{named('sentence-transformers')}, {named('faiss-cpu')}, {named('bm25s')}",
        (
            *figures(costs["ours"], costs["peer"], asked, "ms"),
            Figure("opened for the first time, wall", "s", opening.wall),
            Figure("opened for the first time, processor", "s", opening.processor),
        ),
        check,
        exact and same >= AGREEING,
    )


def _random(count: int, dimension: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    drawn = np.random.default_rng(0).standard_normal((count, dimension), dtype=np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn
