"""The search log: sessions of shoppers, and their clicks on the shop's search pages."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import bm25s
import numpy as np

from engine.simulation.assortment import SimulatedShop
from engine.simulation.draws import PEAK, Ints, day_counts, moments, pick, pick_number, stamp
from engine.simulation.queries import INTENT_SHARES, Query
from engine.simulation.query_words import split_words
from engine.simulation.shoppers import Shoppers

COLUMNS = (
    "time",
    "user_id",
    "session_id",
    "query",
    "product_id",
    "event",
    "position",
    "intent",
)
PAGE = (8, 10)
"""The least and most products on a page."""
EXAMINATION = 0.8
"""A shopper examines rank r with probability r to the power of minus this."""
ATTRACTION = np.array([0.02, 0.10, 0.45, 0.80])
"""The probability of a click on an examined product, by its true relevance."""
LABELLED = 0.5
"""The share of searches that an annotator has labelled with an intent …"""
LABEL_NOISE = 0.04
"""… and the share of these that are wrong."""
_EXPLORED = 0.35
_DEPTH = 30
_MOST_RELEVANT = 60
_ROWS_PER_SEARCH = 10
_SERVICE_INTEREST = 0.1


class SearchPage:
    """The shop's search: lexical, on titles and categories only, with some exploration."""

    def __init__(self, shop: SimulatedShop, queries: list[Query], rng: np.random.Generator) -> None:
        self._shop = shop
        self._matches = _search(shop, queries)
        self._relevant = [_sample_relevant(query, shop, rng) for query in queries]

    def show(self, query: Query, number: int, rng: np.random.Generator) -> Ints:
        """The products of one page in order, each once."""
        matches, relevant = self._matches[number], self._relevant[number]
        size = int(rng.integers(PAGE[0], PAGE[1] + 1))
        jitter = np.arange(len(matches)) + rng.normal(0, 2.0, len(matches))
        ranked = list(matches[np.argsort(jitter)])
        related = query.candidates(self._shop)
        page: list[int] = []
        for _ in range(size * 3):
            if len(page) == size:
                break
            if ranked and rng.random() >= _EXPLORED:
                product = ranked.pop(0)
            elif len(relevant) and rng.random() < 0.55:
                product = pick_number(relevant, rng)
            elif len(related) and rng.random() < 0.5:
                product = pick_number(related, rng)
            else:
                product = int(rng.random() * len(self._shop))
            if product not in page:
                page.append(int(product))
        return np.array(page, dtype=int)


def _search(shop: SimulatedShop, queries: list[Query]) -> list[Ints]:
    """The best lexical matches of each query, if any."""
    leaves = shop.words.categories
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


def _sample_relevant(query: Query, shop: SimulatedShop, rng: np.random.Generator) -> Ints:
    candidates = query.candidates(shop)
    relevant = candidates[query.grades(shop, candidates) >= 2]
    return rng.permutation(relevant)[:_MOST_RELEVANT]


class SearchLog:
    """The search log, rows_written session by session."""

    def __init__(
        self,
        shop: SimulatedShop,
        queries: list[Query],
        shoppers: Shoppers,
        rng: np.random.Generator,
    ) -> None:
        self._shop, self._queries, self._shoppers, self._rng = shop, queries, shoppers, rng
        # Draws of its own, so that the number of labels does not change who searches for what.
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
        """About `events` rows in order of their sessions' starts, day by day."""
        surplus = 0
        for day, quota in enumerate(day_counts(events).tolist()):
            missing = quota - surplus
            sessions: list[list[list[str]]] = []
            rows_written = 0
            starts = moments(day, max(missing // _ROWS_PER_SEARCH, 1) * 2, self._rng)
            self._rng.shuffle(starts)
            while rows_written < missing:
                sessions.append(list(self._session(day, starts[len(sessions) % len(starts)])))
                rows_written += len(sessions[-1])
            surplus = rows_written - missing
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
        """A query to suit the day (more deals in the sale) and the user's taste."""
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
        weights = np.array([self._interest(user, self._queries[option]) for option in options])
        return int(rng.choice(options, p=weights / weights.sum()))

    def _interest(self, user: int, query: Query) -> float:
        if not query.categories:
            return query.weight * _SERVICE_INTEREST
        return query.weight * float(self._shoppers.tops[user, list(query.categories)].mean())

    def _search(
        self, user: int, number: int, moment: datetime
    ) -> Iterator[tuple[datetime, str, str, str, str]]:
        """A search as rows of time, product, event, position and intent: its page, then acts."""
        rng, query = self._rng, self._queries[number]
        label = self._label(query)
        if query.intent == "service" and rng.random() < 0.8:
            yield moment, "", "", "", label
            return
        page = self._page.show(query, number, rng)
        for rank, product in enumerate(page, start=1):
            product_id = self._shop.product_id(product)
            yield moment, product_id, "impression", str(rank), label
        examined = rng.random(len(page)) < np.arange(1, len(page) + 1) ** -EXAMINATION
        attraction = ATTRACTION[query.grades(self._shop, page)]
        attraction = attraction * self._shoppers.liking(user, self._shop, page)
        clicks = examined & (rng.random(len(page)) < np.minimum(attraction, 0.95))
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
