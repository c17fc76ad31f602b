"""What a shopper may mean while still typing, from the shop's own log and catalog."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.retrieval.past_queries import past_queries
from engine.retrieval.pinyin import Sounds, has_chinese
from engine.retrieval.prefixes import Prefixes
from engine.retrieval.spelling import MOST_CORRECTIONS, Spelling, mistakes
from engine.tables.categories import levels
from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables, derived
from engine.text.words import normalise, segment

Kind = Literal["query", "category", "brand", "product"]
Match = Literal["popular", "start", "word", "sound", "typo", "meaning"]
KINDS: tuple[Kind, ...] = ("query", "category", "brand", "product")
# How many of ten suggestions each kind may take as long as the others have some.
SHARES: dict[Kind, int] = {"query": 5, "category": 2, "brand": 1, "product": 2}
# What is shown before anything is typed.
POPULAR: tuple[Kind, ...] = ("query", "category")
LONGEST = 100
# A Chinese text shorter than this is near too many others.
FEWEST_CHARACTERS = 3

_BETWEEN = re.compile(r"[^\w]+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Suggestion:
    """A text to search for.

    `searches` is how many sessions searched for it, `products` how many products it leads to:
    those of a category or brand, those clicked after a query. `match` says why it is there: the
    text, or a later word of it, begins with what was typed (`start`, `word`), sounds like it in
    Mandarin (`sound`), would begin with it without a typing mistake (`typo`), or is near it in
    meaning; before anything is typed it is `popular`.
    """

    text: str
    kind: Kind
    searches: int
    products: int
    match: Match = "popular"


def key_of(text: str) -> str:
    """The form in which texts are compared: normal, without punctuation."""
    plain = normalise(text).replace("'", "").replace("’", "")
    return _BETWEEN.sub(" ", plain).strip()


def word_starts(key: str) -> list[int]:
    """Where the words of a key begin; Chinese is cut into words."""
    if not has_chinese(key):
        return [match.start() for match in _WORD.finditer(key)]
    found, here = [], 0
    for word in segment(key):
        if word.strip():
            found.append(here)
        here += len(word)
    return found


class Suggester:
    """Suggestions over a shop's entries, which are given in their order of weight."""

    def __init__(self, entries: Iterable[Suggestion]) -> None:
        merged: dict[str, Suggestion] = {}
        for entry in entries:
            key = key_of(entry.text)
            other = merged.get(key)
            if other is None and key:
                merged[key] = entry
            elif other is not None and other.kind == "query" != entry.kind:
                # What is a category or a brand too is shown as that, with its searches.
                merged[key] = replace(entry, searches=other.searches)
            elif other is not None and other.kind == entry.kind:
                merged[key] = replace(other, products=other.products + entry.products)
        ordered = sorted(merged.items(), key=lambda item: KINDS.index(item[1].kind))
        self.entries = [entry for _, entry in ordered]
        self.keys = [key for key, _ in ordered]
        kinds = [entry.kind for entry in self.entries]
        bounds = np.cumsum([0, *(kinds.count(kind) for kind in KINDS)]).tolist()
        self._ranges = dict(zip(KINDS, pairwise(bounds), strict=True))
        starts = [word_starts(key) for key in self.keys]
        self._prefixes = Prefixes(self.keys, starts)
        self._sounds = Sounds(self.keys)
        self._spelling = Spelling(
            Counter(word for key in self.keys for word in key.split() if word.isascii())
        )

    @cached_property
    def about(self) -> dict[str, Suggestion]:
        """What is known of each past query, by its text."""
        return {entry.text: entry for entry in self.entries if entry.kind == "query"}

    def suggest(self, typed: str, most: int = 8) -> list[Suggestion]:
        """At most `most` suggestions, those that fit most directly and weigh most first."""
        key = key_of(typed[:LONGEST])
        if not key:
            # Punctuation alone is no beginning of anything.
            return self._popular(most) if not typed.strip() else []
        found: dict[int, Match] = {}
        for match, rows in self._matches(key):
            for row in self._choose(rows, found, most):
                found[row] = match
            if len(found) >= most:
                break
        chosen = self._fill(list(found), most)
        return [replace(self.entries[row], match=found[row]) for row in chosen]

    def _popular(self, most: int) -> list[Suggestion]:
        rows = [row for kind in POPULAR for row in range(*self._ranges[kind])[:most]]
        return [self.entries[row] for row in self._fill(rows, most)]

    def _matches(self, key: str) -> Iterator[tuple[Match, NDArray[np.intp]]]:
        """The rows of each way to match, the most direct way first."""
        first, later = self._begun(key)
        yield "start", first
        yield "word", later
        if self._sounds.rows:
            for rows in self._sounds.find(key):
                yield "sound", rows
        for meant in self._meant(key):
            yield "typo", np.unique(np.concatenate(self._begun(meant)))

    def _meant(self, key: str) -> list[str]:
        """What `key` may have been meant as, the likeliest first."""
        if key.isascii():
            return [" ".join(words) for words in self._spelling.corrections(key.split())]
        if len(key) < FEWEST_CHARACTERS:
            return []
        # Chinese is not cut into words alike with and without a mistake: it is compared whole.
        heads = {other[: len(key)] for other in self.keys[: self._ranges["product"][0]]}
        near = {head for head in heads if mistakes(key, head) == 1}
        return sorted(near)[:MOST_CORRECTIONS]

    def _begun(self, key: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows whose text begins with `key`, and those of which a later word does."""
        rows = self._prefixes.find(key)
        owners, at_start = self._prefixes.owners[rows], self._prefixes.starts[rows] == 0
        return np.unique(owners[at_start]), np.unique(owners[~at_start])

    def _choose(self, rows: NDArray[np.intp], found: dict[int, Match], most: int) -> Iterator[int]:
        """The best `most` rows of each kind that are not found yet."""
        for low, high in self._ranges.values():
            part = rows[np.searchsorted(rows, low) : np.searchsorted(rows, high)]
            new = [int(row) for row in part[: most + len(found)] if row not in found]
            yield from new[:most]

    def _fill(self, rows: Sequence[int], most: int) -> list[int]:
        """`most` of the rows in their order, each kind within its share while others have some."""
        taken: Counter[Kind] = Counter()
        within: list[int] = []
        beyond: list[int] = []
        for row in rows:
            kind = self.entries[row].kind
            taken[kind] += 1
            fits = taken[kind] <= max(1, round(SHARES[kind] * most / sum(SHARES.values())))
            (within if fits else beyond).append(row)
        chosen = set([*within, *beyond][:most])
        return [row for row in rows if row in chosen]


@derived
def shop_suggester(tables: Tables) -> Suggester:
    """The suggester of a shop.

    Queries weigh by searches and clicks (`past_queries`), the rest by what was clicked and bought.
    """
    queries = past_queries(tables)
    found = [
        Suggestion(query, "query", int(searches), int(products))
        for query, searches, products in queries[["query", "searches", "products"]].itertuples(
            index=False
        )
    ]
    products = tables.products
    weight = products["product_id"].map(_popularity(tables)).fillna(0.0)
    found += _named("category", _levels(products["category"]), weight)
    found += _named("brand", products["brand"].dropna(), weight)
    order = weight.sort_values(ascending=False, kind="stable").index
    found += [Suggestion(title, "product", 0, 1) for title in products["title"].loc[order].dropna()]
    return Suggester(found)


def _popularity(tables: Tables) -> pd.Series:
    acts = tables.searches[tables.searches["event"].isin(EVENT_WEIGHTS)]
    clicked = acts["event"].map(EVENT_WEIGHTS).astype(float).groupby(acts["product_id"]).sum()
    bought = tables.orders["product_id"].value_counts() * EVENT_WEIGHTS["purchase"]
    return clicked.add(bought, fill_value=0.0)


def _levels(paths: pd.Series) -> pd.Series:
    """Each level of the category paths, indexed like their products."""
    return paths.dropna().map(levels).explode().str.strip()


def _named(kind: Kind, names: pd.Series, weight: pd.Series) -> list[Suggestion]:
    frame = pd.DataFrame({"name": names, "weight": weight.reindex(names.index)})
    sums = frame.groupby("name")["weight"].agg(["sum", "size"])
    order = sums.reset_index().sort_values(["sum", "size", "name"], ascending=[False, False, True])
    return [
        Suggestion(name, kind, 0, int(size))
        for name, size in order[["name", "size"]].itertuples(index=False)
    ]
