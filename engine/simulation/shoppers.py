"""Shoppers: their tastes, their sessions, and what the shop's search page makes them click."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import bm25s
import numpy as np

from engine.simulation.assortment import Shop
from engine.simulation.draws import PEAK, day_counts, moments, pick, pick_number, stamp
from engine.simulation.queries import INTENT_SHARES, Query
from engine.simulation.query_words import split_words

COLUMNS = (
    "time", "user_id", "session_id", "query", "product_id", "event", "position", "intent",
)  # fmt: skip
PAGE = (8, 10)
"""A page shows between so many products."""
EXAMINATION = 0.8
"""A shopper looks at rank r with probability r to the power of minus this."""
ATTRACTION = np.array([0.02, 0.10, 0.45, 0.80])
"""The chance of a click on a product that is looked at, by its true relevance."""
LABELLED = 0.5
"""The share of searches that an annotator has given an intent …"""
LABEL_NOISE = 0.04
"""… and the share of these that are wrong."""
_EXPLORED = 0.35
_DEPTH = 30
_KNOWN_GOOD = 60
_ROWS_PER_SEARCH = 10
_SERVICE_APPEAL = 0.1


@dataclass(frozen=True)
class Shoppers:
    """Tastes that last.

    `tops` (users, categories) are weights; `brands` (users, brands) and `level` (users,), how dear
    a shopper buys, are normal.
    """

    tops: np.ndarray
    brands: np.ndarray
    level: np.ndarray

    def __len__(self) -> int:
        return len(self.level)

    def liking(self, user: int, shop: Shop, numbers: np.ndarray) -> np.ndarray:
        """How many times more attractive than usual `user` finds products."""
        dear = np.abs(shop.price_level(numbers) - self.level[user])
        brand = self.brands[user, shop.brand[numbers]]
        return np.exp(0.35 * brand - 0.35 * (dear - 1) + 0.15 * shop.quality[numbers])


def make_shoppers(shop: Shop, count: int, rng: np.random.Generator) -> Shoppers:
    """Draw `count` shoppers."""
    leaves = shop.lexicon.categories
    return Shoppers(
        tops=rng.dirichlet(np.full(len(leaves), 0.6), size=count) + 0.02,
        brands=rng.normal(0, 1, (count, len(shop.lexicon.brands))),
        level=rng.normal(0, 0.8, count),
    )


class SearchPage:
    """The shop's search: lexical, titles and categories only, mixed with some exploration."""

    def __init__(self, shop: Shop, queries: list[Query], rng: np.random.Generator) -> None:
        self._shop = shop
        self._found = _search(shop, queries)
        self._good = [_sample_good(query, shop, rng) for query in queries]

    def show(self, query: Query, number: int, rng: np.random.Generator) -> np.ndarray:
        """The products of one page in their order, each once."""
        found, good = self._found[number], self._good[number]
        size = int(rng.integers(PAGE[0], PAGE[1] + 1))
        jitter = np.arange(len(found)) + rng.normal(0, 2.0, len(found))
        ranked = list(found[np.argsort(jitter)])
        related = query.candidates(self._shop)
        page: list[int] = []
        for _ in range(size * 3):
            if len(page) == size:
                break
            if ranked and rng.random() >= _EXPLORED:
                product = ranked.pop(0)
            elif len(good) and rng.random() < 0.55:
                product = pick_number(good, rng)
            elif len(related) and rng.random() < 0.5:
                product = pick_number(related, rng)
            else:
                product = int(rng.random() * len(self._shop))
            if product not in page:
                page.append(int(product))
        return np.array(page, dtype=int)


def _search(shop: Shop, queries: list[Query]) -> list[np.ndarray]:
    """The best lexical matches of each query, possibly none."""
    leaves = shop.lexicon.categories
    documents = [
        split_words(f"{title} {leaves[leaf].path}")
        for title, leaf in zip(shop.titles, shop.category, strict=True)
    ]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)
    depth = min(_DEPTH, len(shop))
    words = [split_words(query.text) for query in queries]
    numbers, scores = index.retrieve(words, k=depth, show_progress=False)
    return [row[score > 0] for row, score in zip(numbers, scores, strict=True)]


def _sample_good(query: Query, shop: Shop, rng: np.random.Generator) -> np.ndarray:
    candidates = query.candidates(shop)
    good = candidates[query.grades(shop, candidates) >= 2]
    return rng.permutation(good)[:_KNOWN_GOOD]


class Log:
    """The search log, written session by session."""

    def __init__(
        self, shop: Shop, queries: list[Query], shoppers: Shoppers, rng: np.random.Generator
    ) -> None:
        self._shop, self._queries, self._shoppers, self._rng = shop, queries, shoppers, rng
        # Draws of its own: how many searches are labelled must not change who searches what.
        self._annotator = rng.spawn(1)[0]
        self._page = SearchPage(shop, queries, rng)
        self._intents = list(INTENT_SHARES)
        self._by_intent = {
            intent: np.array([n for n, q in enumerate(queries) if q.intent == intent], dtype=int)
            for intent in self._intents
        }
        self._by_category: dict[int, list[int]] = {}
        for number, query in enumerate(queries):
            if len(query.categories) == 1:
                self._by_category.setdefault(query.categories[0], []).append(number)
        self._sessions = 0

    def rows(self, events: int) -> Iterator[list[str]]:
        """About `events` rows in order of their sessions' start, a day's at a time."""
        surplus = 0
        for day, quota in enumerate(day_counts(events).tolist()):
            wanted = quota - surplus
            sessions: list[list[list[str]]] = []
            written = 0
            starts = moments(day, max(wanted // _ROWS_PER_SEARCH, 1) * 2, self._rng)
            self._rng.shuffle(starts)
            while written < wanted:
                sessions.append(list(self._session(day, starts[len(sessions) % len(starts)])))
                written += len(sessions[-1])
            surplus = written - wanted
            for session in sorted(sessions, key=lambda rows: rows[0][0]):
                yield from session

    def _session(self, day: int, moment: datetime) -> Iterator[list[str]]:
        rng = self._rng
        user = int(rng.random() ** 1.5 * len(self._shoppers))
        self._sessions += 1
        session = f"S{self._sessions:06d}"
        number = self._first_query(user, day)
        for _ in range(4):
            query = self._queries[number]
            clicked = False
            for row in self._search(user, number, moment):
                clicked = clicked or row[2] == "click"
                moment, *rest = row
                yield [stamp(moment), f"U{user + 1:04d}", session, query.text, *rest]
            siblings = (
                self._by_category.get(query.categories[0], []) if len(query.categories) == 1 else []
            )
            if not siblings or rng.random() > (0.25 if clicked else 0.65):
                return
            number = pick(siblings, rng)
            moment += timedelta(seconds=int(rng.integers(20, 150)))

    def _first_query(self, user: int, day: int) -> int:
        """A query to the day's mood (more deals in the sale) and the user's taste."""
        rng = self._rng
        shares = np.array(list(INTENT_SHARES.values()))
        if day in PEAK:
            shares = shares * [0.8, 0.9, 0.8, 3.0, 1.6, 0.6, 0.9]
        elif day >= PEAK.stop:
            shares = shares * [1, 1, 1, 0.8, 1.2, 1, 2.2]
        intents = [n for n, intent in enumerate(self._intents) if len(self._by_intent[intent])]
        weights = shares[intents] / shares[intents].sum()
        pool = self._by_intent[self._intents[rng.choice(intents, p=weights)]]
        options = pool[(rng.random(4) * len(pool)).astype(int)]
        appeal = np.array([self._appeal(user, self._queries[option]) for option in options])
        return int(rng.choice(options, p=appeal / appeal.sum()))

    def _appeal(self, user: int, query: Query) -> float:
        if not query.categories:
            return query.weight * _SERVICE_APPEAL
        return query.weight * float(self._shoppers.tops[user, list(query.categories)].mean())

    def _search(
        self, user: int, number: int, moment: datetime
    ) -> Iterator[tuple[datetime, str, str, str, str]]:
        """One search's (time, product, event, position, intent) rows: the page, then actions."""
        rng, query = self._rng, self._queries[number]
        label = self._label(query)
        if query.intent == "service" and rng.random() < 0.8:
            yield moment, "", "", "", label
            return
        page = self._page.show(query, number, rng)
        for rank, product in enumerate(page, start=1):
            product_id = self._shop.product_id(product)
            yield moment, product_id, "impression", str(rank), label
        looked = rng.random(len(page)) < np.arange(1, len(page) + 1) ** -EXAMINATION
        attraction = ATTRACTION[query.grades(self._shop, page)]
        attraction = attraction * self._shoppers.liking(user, self._shop, page)
        clicks = looked & (rng.random(len(page)) < np.minimum(attraction, 0.95))
        for rank in np.flatnonzero(clicks).tolist():
            product_id = self._shop.product_id(page[rank])
            grade = query.grades(self._shop, page[rank : rank + 1])[0]
            for event, chance in (
                ("click", 1.0),
                ("add_to_cart", 0.1 + 0.1 * grade),
                ("purchase", 0.5),
            ):
                if rng.random() > chance:
                    break
                moment += timedelta(seconds=int(rng.integers(4, 60)))
                yield moment, product_id, event, str(rank + 1), label

    def _label(self, query: Query) -> str:
        rng = self._annotator
        if rng.random() >= LABELLED:
            return ""
        return pick(self._intents, rng) if rng.random() < LABEL_NOISE else query.intent
