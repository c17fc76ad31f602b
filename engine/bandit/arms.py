"""The strategies that compete: ways to rank what the search models found for one query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from engine.bandit.similarity import ProductSimilarity
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import Acts, Visit
from engine.ranking import Ranking
from engine.retrieval.fuse import fuse
from engine.retrieval.mmr import rerank_mmr
from engine.tables.events import FEEDBACK_WEIGHTS
from engine.tasks.interest.answers import InterestInput

# Products further down the recommended system's ranking hardly answer the query.
DEPTH = 30
# How much similarity to a product above costs, relevance being between 0 and 1.
SIMILARITY_PENALTY = 1.0
# How many of a shopper's last acts the interest model reads.
LATEST = 100


class Strategy(Protocol):
    """One arm of the bandit."""

    @property
    def name(self) -> str:
        """What the arm is called, in the feedback too."""

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """Product ids, best first, from what the search models ranked for a query."""


@dataclass(frozen=True)
class System:
    """The ranking of one of the search systems as it is; `select` takes it from all."""

    name: str
    select: Callable[[SystemRankings], Sequence[str]] = field(repr=False)

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """The system's products."""
        return list(self.select(rankings))


@dataclass(frozen=True)
class Popular:
    """The recommended system's best products, popular ones first.

    Its ranking and that by popularity are fused by reciprocal ranks: popularity alone would ignore
    the query. Products without `popularity` (by product id) have no place in the second ranking.
    """

    popularity: Mapping[str, float] = field(repr=False)
    name: str = "popular"

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """Popular products first."""
        products = rankings.recommended[:DEPTH]
        popular = [name for name in products if self.popularity.get(name)]
        return _fused(products, sorted(popular, key=lambda name: -self.popularity[name]))


@dataclass(frozen=True)
class Diverse:
    """The recommended system's best products, none of them too similar to those above it.

    Maximal marginal relevance, with relevance falling evenly from 1 at the top to 0 at the end.
    """

    similarity: ProductSimilarity = field(repr=False)
    name: str = "diverse"

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """Different products first."""
        products = rankings.recommended[:DEPTH]
        relevance = 1 - np.arange(len(products)) / max(len(products), 1)
        similarity = self.similarity.matrix(products)
        order = rerank_mmr(relevance[None], similarity[None], SIMILARITY_PENALTY)[0]
        return [products[place] for place in order]


@dataclass(frozen=True)
class Personal:
    """The recommended system's best products, those to this shopper's taste first.

    Taste is what the shopper clicked, liked, put in the cart and bought, in this session and before
    it; a new shopper gets the recommended system's ranking.
    """

    similarity: ProductSimilarity = field(repr=False)
    name: str = "personal"

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """Products to the shopper's taste first."""
        acts = [*visit.history, *visit.acts]
        return by_taste(rankings.recommended[:DEPTH], acts, self.similarity)


@dataclass(frozen=True)
class InterestModel:
    """The recommended system's best products in the order of a tuned interest model.

    `predict` takes an input of the task `interest` and gives the products in the model's order. If
    it has no answer (None), the ranking stays the recommended system's.
    """

    predict: Callable[[InterestInput], Sequence[str] | None] = field(repr=False)
    name: str = "interest"

    def rank(self, rankings: SystemRankings, visit: Visit) -> list[str]:
        """The products most likely to be clicked first."""
        products = list(rankings.recommended[:DEPTH])
        if not products:
            return []
        acts = [*visit.history, *visit.acts][-LATEST:]
        item = InterestInput(
            query=rankings.query,
            history=tuple(name for name, _ in acts),
            strengths=tuple(FEEDBACK_WEIGHTS[event] for _, event in acts),
            among=tuple(products),
            k=len(products),
        )
        predicted = self.predict(item)
        return products if predicted is None else list(predicted)


def strategies(similarity: ProductSimilarity, popularity: Mapping[str, float]) -> list[Strategy]:
    """Every strategy that needs no model but search, in the order in which pages show them."""
    return [
        System("words", lambda rankings: rankings.words),
        System("meaning", lambda rankings: rankings.meaning),
        System("hybrid", lambda rankings: rankings.hybrid),
        Popular(popularity),
        Diverse(similarity),
        Personal(similarity),
    ]


def by_taste(products: Sequence[str], acts: Acts, similarity: ProductSimilarity) -> list[str]:
    """`products` with those similar to what a shopper acted on moved up; unchanged without acts.

    The order they come in and that by affinity are fused by reciprocal ranks. Products without any
    affinity have no place in the second.
    """
    affinity = {name: similarity.affinity(name, acts) for name in products}
    liked = [name for name in products if affinity[name] > 0]
    return _fused(products, sorted(liked, key=lambda name: -affinity[name]))


def _fused(first: Sequence[str], second: Sequence[str]) -> list[str]:
    both = [Ranking(names, [0.0] * len(names)) for names in (first, second)]
    return list(fuse(both, [1.0, 1.0], len(first)).product_ids)
