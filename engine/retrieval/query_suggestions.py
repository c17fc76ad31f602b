"""Query suggestions while typing, from a shop's own log and catalog."""

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
from engine.tables.tables import Tables, derived, summary
from engine.text.words import normalise, segment

Kind = Literal["query", "category", "brand", "product"]
Match = Literal["popular", "start", "word", "sound", "typo", "meaning"]
KINDS: tuple[Kind, ...] = ("query", "category", "brand", "product")
# How many of ten suggestions each kind may take as long as the other kinds have any.
SHARES: dict[Kind, int] = {"query": 5, "category": 2, "brand": 1, "product": 2}
# The kinds that are suggested before anything is typed.
POPULAR: tuple[Kind, ...] = ("query", "category")
LONGEST = 100
# Shorter Chinese texts resemble too many others to be corrected.
FEWEST_CHARACTERS = 3

_BETWEEN = re.compile(r"[^\w]+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Suggestion:
    """A text to search for.

    `searches` is how many sessions searched for it, `products` how many products it leads to: the
    products of a category or brand, or those clicked after a query. `match` is the reason for the
    suggestion: the text or a later word in it begins with what was typed (`start`, `word`), sounds
    like it in Mandarin (`sound`), would begin with it but for a typing mistake (`typo`), or is
    similar in meaning (`meaning`). Before anything is typed, it is `popular`.
    """

    text: str
    kind: Kind
    searches: int
    products: int
    match: Match = "popular"


def key_of(text: str) -> str:
    """The form in which texts are compared: normalised and without punctuation."""
    plain = normalise(text).replace("'", "").replace("’", "")
    return _BETWEEN.sub(" ", plain).strip()


def word_starts(key: str) -> list[int]:
    """The positions at which the words of a key begin; Chinese is segmented first."""
    if not has_chinese(key):
        return [match.start() for match in _WORD.finditer(key)]
    starts, place = [], 0
    for word in segment(key):
        if word.strip():
            starts.append(place)
        place += len(word)
    return starts


class Suggester:
    """Suggests a shop's entries, which it takes in order of weight."""

    def __init__(self, entries: Iterable[Suggestion]) -> None:
        merged: dict[str, Suggestion] = {}
        for entry in entries:
            key = key_of(entry.text)
            earlier = merged.get(key)
            if earlier is None and key:
                merged[key] = entry
            elif earlier is not None and earlier.kind == "query" != entry.kind:
                # A query that is also a category or brand is shown as such, with its searches.
                merged[key] = replace(entry, searches=earlier.searches)
            elif earlier is not None and earlier.kind == entry.kind:
                merged[key] = replace(earlier, products=earlier.products + entry.products)
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
    def queries(self) -> dict[str, Suggestion]:
        """The entry of each past query, by its text."""
        return {entry.text: entry for entry in self.entries if entry.kind == "query"}

    def suggest(self, typed: str, most: int = 8) -> list[Suggestion]:
        """At most `most` suggestions; the most direct matches first, then by weight."""
        key = key_of(typed[:LONGEST])
        if not key:
            # Nothing begins with punctuation alone.
            return self._popular(most) if not typed.strip() else []
        matches: dict[int, Match] = {}
        for match, rows in self._matches(key):
            for row in self._choose(rows, matches, most):
                matches[row] = match
            if len(matches) >= most:
                break
        chosen = self._fill(list(matches), most)
        return [replace(self.entries[row], match=matches[row]) for row in chosen]

    def _popular(self, most: int) -> list[Suggestion]:
        rows = [row for kind in POPULAR for row in range(*self._ranges[kind])[:most]]
        return [self.entries[row] for row in self._fill(rows, most)]

    def _matches(self, key: str) -> Iterator[tuple[Match, NDArray[np.intp]]]:
        """The rows of each kind of match, the most direct first."""
        first, later = self._begun(key)
        yield "start", first
        yield "word", later
        if self._sounds.rows:
            for rows in self._sounds.find(key):
                yield "sound", rows
        for correction in self._corrections(key):
            yield "typo", np.unique(np.concatenate(self._begun(correction)))

    def _corrections(self, key: str) -> list[str]:
        """What `key` may be without a typing mistake, the likeliest first."""
        if key.isascii():
            return [" ".join(words) for words in self._spelling.corrections(key.split())]
        if len(key) < FEWEST_CHARACTERS:
            return []
        # A mistake changes how Chinese is segmented, so whole beginnings are compared instead.
        beginnings = {other[: len(key)] for other in self.keys[: self._ranges["product"][0]]}
        near = {beginning for beginning in beginnings if mistakes(key, beginning) == 1}
        return sorted(near)[:MOST_CORRECTIONS]

    def _begun(self, key: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The rows whose text begins with `key`, and those in which a later word does."""
        rows = self._prefixes.find(key)
        owners, at_start = self._prefixes.owners[rows], self._prefixes.starts[rows] == 0
        return np.unique(owners[at_start]), np.unique(owners[~at_start])

    def _choose(self, rows: NDArray[np.intp], taken: dict[int, Match], most: int) -> Iterator[int]:
        """The best `most` rows of each kind, without those taken already."""
        for low, high in self._ranges.values():
            part = rows[np.searchsorted(rows, low) : np.searchsorted(rows, high)]
            new = [int(row) for row in part[: most + len(taken)] if row not in taken]
            yield from new[:most]

    def _fill(self, rows: Sequence[int], most: int) -> list[int]:
        """`most` rows in their order; a kind exceeds its share only if the others run out."""
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

    Queries are ordered by searches and clicks (`past_queries`), the rest by clicks and purchases.
    """
    queries = past_queries(tables)
    entries = [
        Suggestion(query, "query", int(searches), int(products))
        for query, searches, products in queries[["query", "searches", "products"]].itertuples(
            index=False
        )
    ]
    products = tables.products
    weight = products["product_id"].map(_popularity(tables)).fillna(0.0)
    entries += _named("category", _levels(products["category"]), weight)
    entries += _named("brand", products["brand"].dropna(), weight)
    order = weight.sort_values(ascending=False, kind="stable").index
    entries += [
        Suggestion(title, "product", 0, 1) for title in products["title"].loc[order].dropna()
    ]
    return Suggester(entries)


@summary
def _popularity(tables: Tables) -> pd.Series:
    log = tables.columns("searches", "product_id", "event")
    acts = log[log["event"].isin(EVENT_WEIGHTS)]
    clicked = acts["event"].map(EVENT_WEIGHTS).astype(float).groupby(acts["product_id"]).sum()
    bought = (
        tables.columns("orders", "product_id")["product_id"].value_counts()
        * EVENT_WEIGHTS["purchase"]
    )
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
