"""The strategies that compete: ways to rank what the search models found for one query."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from engine.bandit.similarity import Shelf
from engine.ranking import Ranking
from engine.retrieval.fuse import fuse
from engine.retrieval.mmr import rerank_mmr
from engine.tables.events import FEEDBACK_WEIGHTS
from engine.tasks.search.answers import SearchAnswer

# Products below these places of the recommended system are no answer to the query.
DEPTH = 30
# Maximal marginal relevance: how much relevance counts beside being different.
RELEVANCE = 0.5
WORDS = "bm25_all"
# How much of a long visit a model is told.
LATEST = 100

Acts = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Visit:
    """Whom a list is for.

    `acts` is what the session did so far and `history` what the signed-in shopper did before it:
    product id and event, in order.
    """

    acts: Acts = ()
    history: Acts = ()

    def without(self, products: Container[str]) -> "Visit":
        """The visit without acts on `products`: what a log is replayed with must not foretell it.

        The replayed list's own clicks are in its shopper's history.
        """
        acts, history = (
            tuple(act for act in some if act[0] not in products)
            for some in (self.acts, self.history)
        )
        return Visit(acts, history)


NOBODY = Visit()


class Strategy(Protocol):
    """One arm of the bandit."""

    @property
    def name(self) -> str:
        """What the arm is called, in the feedback too."""

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """Product ids, best first, from what the task `search` answered to one query."""


@dataclass(frozen=True)
class System:
    """The ranking of one of the search models' systems as it is."""

    name: str
    choose: Callable[[SearchAnswer], str] = field(repr=False)

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """The system's products."""
        return _ids(answer, self.choose(answer))


@dataclass(frozen=True)
class Popular:
    """The recommended system's best products, and among them what is clicked and bought most.

    Both orders are fused by reciprocal ranks, since popularity alone would forget the query. What
    nobody clicked or bought has no place in the second.
    """

    shelf: Shelf
    name: str = "popular"

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """Popular products first."""
        found = _recommended(answer)
        sold = [name for name in found if self.shelf.popularity.get(name)]
        return _fused(found, sorted(sold, key=lambda name: -self.shelf.popularity[name]))


@dataclass(frozen=True)
class Diverse:
    """The recommended system's best products, none too much like those above it.

    Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): the next product is the one
    with the highest relevance minus likeness to the most alike product above it, both halved.
    Relevance falls evenly from 1 at the top to 0 at the end of the list.
    """

    shelf: Shelf
    name: str = "diverse"

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """Different products first."""
        names = _recommended(answer)
        relevance = 1 - np.arange(len(names)) / max(len(names), 1)
        similarity = self.shelf.matrix(names)
        order = rerank_mmr(relevance[None], similarity[None], (1 - RELEVANCE) / RELEVANCE)[0]
        return [names[place] for place in order]


@dataclass(frozen=True)
class Personal:
    """The recommended system's best products, closest to this shopper's taste first.

    Taste is what the shopper clicked, liked, put in the basket and bought, in this session and
    before; for somebody who is new it is the recommended system itself.
    """

    shelf: Shelf
    name: str = "personal"

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """Products to the shopper's taste first."""
        return by_taste(_recommended(answer), [*visit.history, *visit.acts], self.shelf)


@dataclass(frozen=True)
class Wanted:
    """The recommended system's best products, what this shopper most likely wants first.

    `weigh` takes an input of the task `interest` and gives its products in the model's order.
    """

    weigh: Callable[[Mapping[str, Any]], Sequence[str]] = field(repr=False)
    name: str = "interest"

    def rank(self, answer: SearchAnswer, visit: Visit) -> list[str]:
        """The likeliest products first."""
        found = _recommended(answer)
        if not found:
            return []
        acts = [*visit.history, *visit.acts][-LATEST:]
        item = {
            "query": answer.query,
            "history": [name for name, _ in acts],
            "strengths": [FEEDBACK_WEIGHTS[event] for _, event in acts],
            "among": found,
            "k": len(found),
        }
        return list(self.weigh(item))


def strategies(shelf: Shelf) -> list[Strategy]:
    """Every strategy that needs no model but search, in the order in which pages show them."""
    return [
        System("words", lambda _: WORDS),
        System("meaning", lambda answer: _place(answer, "")),
        System("hybrid", lambda answer: _place(answer, "hybrid_")),
        Popular(shelf),
        Diverse(shelf),
        Personal(shelf),
    ]


def by_taste(ranked: Sequence[str], acts: Acts, shelf: Shelf) -> list[str]:
    """`ranked` with what is like the products of `acts` higher up; without acts as it is.

    The given order and that by taste are fused by reciprocal ranks. Only products with at least
    some likeness take part in the second order.
    """
    taste = {name: shelf.affinity(name, acts) for name in ranked}
    liked = [name for name in ranked if taste[name] > 0]
    if not liked:
        return list(ranked)
    return _fused(ranked, sorted(liked, key=lambda name: -taste[name]))


def _ids(answer: SearchAnswer, system: str) -> list[str]:
    return [name for name, _ in answer.systems[system]]


def _recommended(answer: SearchAnswer) -> list[str]:
    return _ids(answer, answer.system)[:DEPTH]


def _place(answer: SearchAnswer, prefix: str) -> str:
    tuned = f"{prefix}tuned"
    return tuned if tuned in answer.systems else f"{prefix}untuned"


def _fused(first: Sequence[str], second: Sequence[str]) -> list[str]:
    rankings = [Ranking(names, [0.0] * len(names)) for names in (first, second)]
    return list(fuse(rankings, [1.0, 1.0], len(first)).product_ids)
