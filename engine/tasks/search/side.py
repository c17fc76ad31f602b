"""One encoder over a catalog: what it finds alone, with words, and in a learned order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.one_error import choose_simplest
from engine.evaluation.ranking import PRIMARY, score_each
from engine.models.encoder import Encoder
from engine.ranking import Ranking
from engine.retrieval.fuse import fuse_all
from engine.retrieval.two_stage import ProductIndex
from engine.tables.tables import Tables
from engine.tasks.search.ranker.candidates import Candidates, gather
from engine.tasks.search.ranker.choice import ENOUGH_TO_CHOOSE
from engine.tasks.search.ranker.features import FEATURES, LIKE_FIRST, Meaning, product_facts
from engine.tasks.search.ranker.ranker import Ranker

DEPTH = 100
# How often words may count beside meaning.
WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
# The lists by words that candidates come from beside the one that is fused.
ALSO_FROM = ("bm25", "bm25_title")

Floats = NDArray[np.float32]
SideName = Literal["untuned", "tuned"]


@dataclass(frozen=True)
class Side:
    """An encoder with its vectors of the catalog: the `untuned` one or the `tuned` one.

    `bm25_weight` is how often words count beside meaning where both are fused, `ranker` what puts
    their products into a learned order, if anything does.
    """

    name: SideName
    encoder: Encoder
    dense: ProductIndex
    bm25_weight: float
    ranker: Ranker | None = None

    @property
    def hybrid(self) -> str:
        """The system of words and meaning together."""
        return f"hybrid_{self.name}"

    @property
    def ranked(self) -> str:
        """The system with the learned order."""
        return f"ranked_{self.name}"

    @property
    def systems(self) -> list[str]:
        """What this side answers with."""
        return [self.name, self.hybrid, *([self.ranked] if self.ranker else [])]

    def search(
        self,
        tables: Tables,
        queries: Sequence[str],
        vectors: Floats,
        words: Mapping[str, Sequence[Ranking]],
        keeps: Sequence[NDArray[np.bool_] | None],
        depth: int,
    ) -> dict[str, list[Ranking]]:
        """The best products by every system of this side; `words` holds what words found.

        `vectors` are those of the queries, `keeps` the products that each query may find.
        """
        by_meaning = self.nearest(vectors, keeps, depth)
        by_words = words["bm25_all"]
        rankings = {
            self.name: by_meaning,
            self.hybrid: fuse_all(by_words, by_meaning, self.bm25_weight, depth),
        }
        if self.ranker:
            lists = [words[name] for name in ALSO_FROM]
            rankings[self.ranked] = [
                self._rank(self.ranker, tables, *each)
                for each in zip(
                    queries, vectors, by_words, by_meaning, zip(*lists, strict=True), strict=True
                )
            ]
        return rankings

    def nearest(
        self, vectors: Floats, keeps: Sequence[NDArray[np.bool_] | None], depth: int
    ) -> list[Ranking]:
        """The products nearest in meaning to each query."""
        if all(keep is None for keep in keeps):
            return self.dense.search(vectors, depth)
        pairs = zip(vectors, keeps, strict=True)
        return [self.dense.search(vector[None], depth, keep)[0] for vector, keep in pairs]

    def candidates(
        self,
        tables: Tables,
        query: str,
        vector: Floats,
        by_words: Ranking,
        by_meaning: Ranking,
        others: Sequence[Ranking],
    ) -> tuple[Candidates, Floats]:
        """What is put in order for one query, and the features of it."""
        found = gather(self.dense.rows, by_words, by_meaning, others)
        inside = self.dense.vectors_of(found.rows)
        first = inside[np.argsort(found.fused_ranks, kind="stable")[:LIKE_FIRST]]
        centre = first.sum(axis=0)
        centre /= max(float(np.linalg.norm(centre)), 1e-6)
        meaning = Meaning(inside @ vector, inside @ centre)
        return found, product_facts(tables).features(query, found, meaning)

    def explain(
        self,
        tables: Tables,
        query: str,
        vector: Floats,
        words: Mapping[str, Sequence[Ranking]],
        product_id: str,
    ) -> list[tuple[str, float]]:
        """What each feature adds to the place of a product, beside the mean of the candidates.

        The largest first, without those that add nothing. Empty where the product is no candidate,
        or where no order was learned.
        """
        if not self.ranker:
            return []
        by_meaning = self.nearest(vector[None], [None], DEPTH)[0]
        others = [words[name][0] for name in ALSO_FROM]
        found, features = self.candidates(
            tables, query, vector, words["bm25_all"][0], by_meaning, others
        )
        places = np.flatnonzero(found.rows == self.dense.rows[product_id])
        if not len(places):
            return []
        shares = self.ranker.contributions(features)
        own = shares[int(places[0])] - shares.mean(axis=0)
        order = np.argsort(-np.abs(own), kind="stable")
        return [(FEATURES[n], float(own[n])) for n in order if own[n]]

    def choose_weight(
        self,
        by_words: Sequence[Ranking],
        by_meaning: Sequence[Ranking],
        truth: Sequence[Mapping[str, int]],
    ) -> "Side":
        """The same with the weight of words that does best by nDCG@10.

        It stays as it is where there are too few queries to tell, or where none is better by more
        than a standard error.
        """
        if len(truth) < ENOUGH_TO_CHOOSE:
            return self
        tried = sorted({*WEIGHTS, self.bm25_weight}, key=lambda one: abs(one - self.bm25_weight))
        scores = {
            str(weight): score_each(truth, fuse_all(by_words, by_meaning, weight, DEPTH))[
                PRIMARY
            ].to_numpy()
            for weight in tried
        }
        return replace(self, bm25_weight=float(choose_simplest(scores, list(scores))))

    def _rank(
        self,
        ranker: Ranker,
        tables: Tables,
        query: str,
        vector: Floats,
        by_words: Ranking,
        by_meaning: Ranking,
        others: Sequence[Ranking],
    ) -> Ranking:
        found, features = self.candidates(tables, query, vector, by_words, by_meaning, others)
        if not len(found.rows):
            return Ranking([], [])
        scores = ranker.scores(features, found.base)
        order = np.argsort(-scores, kind="stable")
        ids = [self.dense.product_ids[found.rows[place]] for place in order]
        return Ranking(ids, [float(scores[place]) for place in order])
