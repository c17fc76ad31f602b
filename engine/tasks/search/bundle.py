"""A search model that answers: words, vectors and both, over one catalog."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.models.cross_encoder import Reranker
from engine.models.encoder import Encoder
from engine.progress import Silent
from engine.ranking import Ranking
from engine.retrieval.bm25 import BM25Index
from engine.retrieval.catalog_words import full_text_index
from engine.retrieval.dense import DenseIndex, open_index
from engine.retrieval.filter_reader import FilterReader, shop_filters
from engine.retrieval.past_queries import past_queries
from engine.retrieval.two_stage import ProductIndex
from engine.storage.files import write_json
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.search.ranker.weighing import FieldTrial
from engine.tasks.search.side import ALSO_FROM, DEPTH, Side
from engine.tasks.search.word_systems import WORD_SYSTEMS, WordSystems
from engine.text.words import normalise

__all__ = ["DEPTH", "SearchBundle"]
# So many past queries are read when the first one is asked for: a second or two.
MOST_PAST = 1_000
# What every answer holds, whatever is recommended.
_ALWAYS = ("bm25", "bm25_all")


class SearchBundle:
    """An encoder with its index, beside BM25 over the same catalog.

    Systems: those by words (`WordSystems`), and those of its sides: the encoder alone (`tuned` or
    `untuned`), `hybrid_…` (encoder and `bm25_all` fused), `ranked_…` (their products in a learned
    order), and `reranked` (the hybrid's best products in a cross-encoder's order) where a reranker
    is set. A trained bundle has the untuned side too, opened when something asks for it.
    """

    def __init__(
        self,
        tables: Tables,
        words: WordSystems,
        side: Side,
        *,
        recommended: str = "",
        open_other: Callable[[], Side] | None = None,
        other_systems: Sequence[str] = (),
        reranker: Reranker | None = None,
        trial: FieldTrial | None = None,
        model: str = "",
    ) -> None:
        products = tables.products
        self.tables = tables
        self.words = words
        self.side = side
        self.reranker = reranker
        self.trial = trial
        self.product_ids = side.dense.product_ids
        self.titles = dict(zip(self.product_ids, products["title"], strict=True))
        self.recommended = recommended or side.hybrid
        self._open_other = open_other
        self._other_systems = list(other_systems)
        self._model = model

    @property
    def encoder(self) -> Encoder:
        """The encoder of this bundle's own side."""
        return self.side.encoder

    @property
    def dense(self) -> ProductIndex:
        """Its vectors of the catalog."""
        return self.side.dense

    @property
    def bm25_weight(self) -> float:
        """How often words count beside its meaning."""
        return self.side.bm25_weight

    @property
    def bm25_all(self) -> BM25Index:
        """BM25 over everything a product can be found by."""
        return full_text_index(self.tables)

    @property
    def filters(self) -> FilterReader:
        """What queries can ask for beside words."""
        return shop_filters(self.tables)

    @cached_property
    def other(self) -> Side | None:
        """The untuned side of a trained bundle."""
        return self._open_other() if self._open_other else None

    @cached_property
    def past_queries(self) -> DenseIndex:
        """The shop's most useful past queries that others may be told of, by their meaning."""
        queries = past_queries(self.tables)["query"].head(MOST_PAST).tolist()
        return open_index(None, self.encoder, queries, queries, Silent(), "query")

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle answers with, the baselines included."""
        reranked = ["reranked"] if self.reranker else []
        return [*WORD_SYSTEMS, *self.side.systems, *reranked, *self._other_systems]

    @property
    def answered(self) -> Sequence[str]:
        """The systems that a shopper's query is worth asking."""
        chosen = {*_ALWAYS, *self.side.systems, "reranked", self.recommended}
        return [name for name in self.systems if name in chosen]

    def search(
        self,
        queries: Sequence[str],
        k: int = DEPTH,
        filters: Sequence[Sequence[Mapping[str, Any]]] = (),
        vectors: NDArray[np.float32] | None = None,
        systems: Sequence[str] = (),
    ) -> dict[str, list[Ranking]]:
        """The `k` best products by each of `systems` (all without) for every query.

        `filters` holds those of each query (`engine.retrieval.filters.Filter.as_json`); only
        products that fit all of them are found. `vectors` are those of the queries (`encode`), if
        somebody needed them before.
        """
        wanted = list(systems or self.systems)
        if not self.product_ids or not queries:
            return {system: [Ranking([], []) for _ in queries] for system in wanted}
        depth = max(k, DEPTH)
        # Made with the first question: it waits for other things too, the first filters would not.
        reader = self.filters
        keeps = [
            reader.keep(conditions) if conditions else None
            for conditions in filters or [()] * len(queries)
        ]
        # A learned order has candidates from more lists; each is a pass over the whole catalog.
        candidates = ALSO_FROM if self.side.ranker or self._other_systems else ()
        by_words = {
            name: [
                self.words.search(name, query, depth, keep)
                for query, keep in zip(queries, keeps, strict=True)
            ]
            for name in WORD_SYSTEMS
            if name in {*wanted, *_ALWAYS, *candidates}
        }
        if vectors is None:
            vectors = self.encode(queries)
        rankings = by_words | self.side.search(
            self.tables, queries, vectors, by_words, keeps, depth
        )
        if set(wanted) & set(self._other_systems) and self.other:
            asked = self.other.encoder.encode(list(queries), "query")
            rankings |= self.other.search(self.tables, queries, asked, by_words, keeps, depth)
        if self.reranker and "reranked" in wanted:
            texts = dict(zip(self.product_ids, passages(self.tables.products), strict=True))
            pairs = zip(queries, rankings[self.side.hybrid], strict=True)
            rankings["reranked"] = [self.reranker.rerank(*pair, texts) for pair in pairs]
        return {system: [one.top(k) for one in rankings[system]] for system in wanted}

    @property
    def ranked_side(self) -> Side | None:
        """The side whose learned order is recommended, if one is."""
        for side in (self.side, self.other if self._other_systems else None):
            if side and side.ranker and side.ranked == self.recommended:
                return side
        return None

    def explain_order(self, query: str, product_id: str) -> list[tuple[str, float]]:
        """What each feature adds to a product's place in the recommended order."""
        side = self.ranked_side
        if side is None:
            return []
        words = {name: [self.words.search(name, query, DEPTH)] for name in ("bm25_all", *ALSO_FROM)}
        vector = side.encoder.encode([query], "query")[0]
        return side.explain(self.tables, query, vector, words, product_id)

    def near_queries(self, query: str, vector: NDArray[np.float32], k: int) -> list[str]:
        """The `k` past queries nearest in meaning, the nearest first; never `query` itself."""
        if not self.past_queries.product_ids:
            return []
        (nearest,) = self.past_queries.search(vector[None], k + 1)
        return [past for past in nearest.product_ids if normalise(past) != normalise(query)][:k]

    def encode(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """The queries' vectors, shape (queries, dimension)."""
        return self.encoder.encode(list(queries), "query")

    def save(self, folder: Path) -> None:
        """Write encoder, index and what the systems need beside them."""
        self.encoder.save(folder / "encoder")
        self.dense.save(folder / "index")
        if self.trial:
            self.trial.save(folder)
        for side in (self.side, self.other):
            if side and side.ranker:
                side.ranker.save(folder / side.ranked)
        about: dict[str, object] = {
            "model": self._model,
            "recommended": self.recommended,
            "bm25_weight": self.bm25_weight,
            "untuned_bm25_weight": self.other.bm25_weight if self.other else self.bm25_weight,
            "max_tokens": self.encoder.model.max_seq_length,
            "reranker": self.reranker.model_id if self.reranker else "",
            "other_systems": self._other_systems,
        }
        write_json(folder / "bundle.json", about | self.words.save(folder))
