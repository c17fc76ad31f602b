"""A search model that answers: words, vectors and both, over one catalog."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.ranking import PRIMARY, score
from engine.models.cross_encoder import Reranker
from engine.models.encoder import Encoder
from engine.progress import Progress, Silent
from engine.ranking import Ranking
from engine.retrieval.bm25 import BM25Index, full_text_index, passage_index
from engine.retrieval.dense import DenseIndex, open_index
from engine.retrieval.filter_reader import FilterReader, shop_filters
from engine.retrieval.fuse import fuse_all
from engine.retrieval.past_queries import past_queries
from engine.storage.files import write_json
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.text.words import normalise

DEPTH = 100
# So many past queries are read when the first one is asked for: a second or two.
MOST_PAST = 1_000
# How often words may count beside meaning; a choice by fewer queries than these would be luck.
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
ENOUGH_TO_CHOOSE = 50


class SearchBundle:
    """An encoder with its index, beside BM25 over the same catalog.

    Systems: `bm25` (stemmed title and description), `bm25_all` (every text of a product), the
    encoder alone (`tuned` or `untuned`), `hybrid_…` (encoder and `bm25_all` fused), and `reranked`
    (the hybrid's best products in a cross-encoder's order) where a reranker is set.
    """

    def __init__(
        self,
        encoder: Encoder,
        tables: Tables,
        *,
        trained: bool,
        bm25_weight: float,
        index_folder: Path | None,
        progress: Progress,
        reranker: Reranker | None = None,
        recommended: str = "",
    ) -> None:
        products = tables.products
        self.encoder = encoder
        self.trained = trained
        self.bm25_weight = bm25_weight
        self.reranker = reranker
        self.tables = tables
        self.product_ids = products["product_id"].tolist()
        self.titles = dict(zip(self.product_ids, products["title"], strict=True))
        self.texts = passages(products).tolist()
        self.dense: DenseIndex = open_index(
            index_folder, encoder, self.product_ids, self.texts, progress
        )
        self.dense_name = "tuned" if trained else "untuned"
        self.hybrid_name = f"hybrid_{self.dense_name}"
        self.recommended = recommended or self.hybrid_name

    @property
    def bm25(self) -> BM25Index:
        """BM25 over title and description."""
        return passage_index(self.tables)

    @property
    def bm25_all(self) -> BM25Index:
        """BM25 over everything a product can be found by."""
        return full_text_index(self.tables)

    @property
    def filters(self) -> FilterReader:
        """What queries can ask for beside words."""
        return shop_filters(self.tables)

    @cached_property
    def past_queries(self) -> DenseIndex:
        """The shop's most useful past queries that others may be told of, by their meaning."""
        queries = past_queries(self.tables)["query"].head(MOST_PAST).tolist()
        return open_index(None, self.encoder, queries, queries, Silent(), "query")

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle answers with, the baselines included."""
        reranked = ["reranked"] if self.reranker else []
        return ["bm25", "bm25_all", self.dense_name, self.hybrid_name, *reranked]

    def search(
        self,
        queries: Sequence[str],
        k: int = DEPTH,
        filters: Sequence[Sequence[Mapping[str, Any]]] = (),
        vectors: NDArray[np.float32] | None = None,
    ) -> dict[str, list[Ranking]]:
        """The `k` best products of every system for every query.

        `filters` holds those of each query (`engine.retrieval.filters.Filter.as_json`); only
        products that fit all of them are found. `vectors` are those of the queries (`encode`), if
        somebody needed them before.
        """
        if not self.product_ids or not queries:
            return {system: [Ranking([], []) for _ in queries] for system in self.systems}
        depth = max(k, DEPTH)
        if vectors is None:
            vectors = self.encode(queries)
        asked = filters or [()] * len(queries)
        # Made with the first question: it waits for other things too, the first filters would not.
        reader = self.filters
        keeps = [reader.keep(some) if some else None for some in asked]
        by_words = [
            self.bm25_all.search(query, depth, keep)
            for query, keep in zip(queries, keeps, strict=True)
        ]
        if any(filters):
            by_vectors = [
                self.dense.search(vector[None], depth, keep)[0]
                for vector, keep in zip(vectors, keeps, strict=True)
            ]
        else:
            by_vectors = self.dense.search(vectors, depth)
        fused = fuse_all(by_words, by_vectors, self.bm25_weight, depth)
        found = {
            "bm25": [
                self.bm25.search(query, depth, keep)
                for query, keep in zip(queries, keeps, strict=True)
            ],
            "bm25_all": by_words,
            self.dense_name: by_vectors,
            self.hybrid_name: fused,
        }
        if self.reranker:
            texts = dict(zip(self.product_ids, self.texts, strict=True))
            pairs = zip(queries, fused, strict=True)
            found["reranked"] = [self.reranker.rerank(*pair, texts) for pair in pairs]
        return {system: [one.top(k) for one in rankings] for system, rankings in found.items()}

    def near_queries(self, query: str, vector: NDArray[np.float32], k: int) -> list[str]:
        """The `k` past queries nearest in meaning, the nearest first; never `query` itself."""
        if not self.past_queries.product_ids:
            return []
        (found,) = self.past_queries.search(vector[None], k + 1)
        return [past for past in found.product_ids if normalise(past) != normalise(query)][:k]

    def choose(self, queries: Sequence[str], truth: Sequence[Mapping[str, int]]) -> None:
        """Set the weight of words and the recommended system by nDCG@10 on `queries`.

        With too few queries to tell, both stay as they are: the figures would be luck.
        """
        if len(queries) < ENOUGH_TO_CHOOSE:
            return
        found = self.search(queries)
        weighted = {
            weight: fuse_all(found["bm25_all"], found[self.dense_name], weight, DEPTH)
            for weight in WEIGHTS
        }
        figures = {weight: score(truth, fused)[PRIMARY] for weight, fused in weighted.items()}
        self.bm25_weight = max(figures, key=lambda weight: figures[weight])
        found = self.search(queries)
        own = [name for name in self.systems if not name.startswith("bm25")]
        self.recommended = max(own, key=lambda name: score(truth, found[name])[PRIMARY])

    def encode(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """The queries' vectors, shape (queries, dimension)."""
        return self.encoder.encode(list(queries), "query")

    def save(self, folder: Path) -> None:
        """Write encoder, index and what the systems need beside them."""
        self.encoder.save(folder / "encoder")
        self.dense.save(folder / "index")
        about: Mapping[str, object] = {
            "recommended": self.recommended,
            "bm25_weight": self.bm25_weight,
            "max_tokens": self.encoder.model.max_seq_length,
            "reranker": self.reranker.model_id if self.reranker else "",
        }
        write_json(folder / "bundle.json", about)
