"""What a ranker knows of a product for a query, as numbers with names that people read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.retrieval.bm25f import FieldIndex, Floats, equal_weights
from engine.retrieval.catalog_words import field_index
from engine.tables.product_text import FIELDS
from engine.tables.tables import Tables, derived
from engine.tasks.search.ranker.candidates import Candidates
from engine.text.words import normalise, words

WORDS = tuple(f"words_{name}" for name in FIELDS)
COVERED = tuple(f"covered_{name}" for name in ("title", "description", "attributes"))
MEANING = ("meaning", "meaning_scaled", "rank_meaning", "like_first")
FEATURES = (
    *WORDS,
    "words_all",
    *COVERED,
    "rank_words",
    *MEANING,
    "phrase",
    "first_match",
    "last_match",
    "after_for",
    "numbers",
    "title_length",
    "price",
    "price_gap",
    "query_length",
)
# More of these never speaks against a product, so the trees may not learn it from a few clicks.
RISING = frozenset({*WORDS, "words_all", *COVERED, *MEANING, "rank_words", "phrase", "numbers"})
RANK_OFFSET = 60
# Products at the top that say what a query is about, and what it usually costs.
LIKE_FIRST, PRICED_FIRST = 10, 20
# What stands after these words is what a product is for, not what it is.
_FOR = re.compile(r"\bfor\b|适用|适合|专用")
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True)
class Meaning:
    """The cosines of a query with its candidates, and of the candidates with those ranked first.

    Both of shape (rows,).
    """

    cosines: Floats
    like_first: Floats


@derived
def product_facts(tables: Tables) -> "ProductFacts":
    """The facts of a shop's products that do not depend on a query."""
    return ProductFacts(tables)


class ProductFacts:
    """Words and numbers of every product, read once for all queries."""

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        self.index: FieldIndex = field_index(tables)
        self.titles = products["title"].astype("str").fillna("").map(normalise).tolist()
        self.words = [words(title) for title in self.titles]
        self.lengths = np.array([len(title) for title in self.words], dtype=np.float32)
        amounts = pd.to_numeric(products["price"], errors="coerce")
        self.prices = np.log1p(amounts.to_numpy(dtype=np.float32, na_value=np.nan))

    @cached_property
    def usual_price(self) -> float:
        """The median of the log prices; 0 where no product has one."""
        return float(np.nanmedian(self.prices)) if np.isfinite(self.prices).any() else 0.0

    def features(self, query: str, candidates: Candidates, meaning: Meaning) -> Floats:
        """One row per candidate, one column per name of `FEATURES`."""
        rows = candidates.rows
        table = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
        if not len(rows):
            return table
        matches = self.index.matches(query, rows)
        coverage = matches.coverage()
        columns: list[NDArray[np.floating]] = [
            *_share_of_most(matches.by_field()).T,
            _share_of_most(matches.together(equal_weights())[:, None])[:, 0],
            *(coverage[:, FIELDS.index(name.removeprefix("covered_"))] for name in COVERED),
            RANK_OFFSET / (RANK_OFFSET + candidates.word_ranks),
            meaning.cosines,
            _between_0_and_1(meaning.cosines),
            RANK_OFFSET / (RANK_OFFSET + candidates.meaning_ranks),
            meaning.like_first,
            *self._in_titles(query, rows),
            self.lengths[rows],
            *self._prices(candidates),
            np.full(len(rows), len(words(query))),
        ]
        for column, values in enumerate(columns):
            table[:, column] = values
        return table

    def _in_titles(self, query: str, rows: Sequence[int] | NDArray[np.intp]) -> Floats:
        """Whether the title holds the query whole, where its words stand, and its numbers."""
        asked, plain = words(query), normalise(query)
        wanted, numbers = set(asked), {word for word in asked if _NUMBER.search(word)}
        found = np.zeros((5, len(rows)), dtype=np.float32)
        for place, row in enumerate(rows):
            title, terms = self.titles[row], self.words[row]
            hits = [position for position, word in enumerate(terms) if word in wanted]
            first, last = (hits[0], hits[-1]) if hits else (len(terms), len(terms))
            size = max(len(terms), 1)
            found[:, place] = (
                plain in title,
                first / size,
                (len(terms) - last) / size if hits else 1.0,
                _after_for(title, terms, wanted),
                len(numbers & set(terms)) / len(numbers) if numbers else 0.0,
            )
        return found

    def _prices(self, candidates: Candidates) -> tuple[Floats, Floats]:
        """Log prices, and how far each is from what the products ranked first cost."""
        prices = np.where(np.isnan(self.prices), self.usual_price, self.prices)[candidates.rows]
        first = np.argsort(candidates.fused_ranks, kind="stable")[:PRICED_FIRST]
        return prices, prices - np.median(prices[first])


def _share_of_most(scores: Floats) -> Floats:
    """The scores of each column divided by its highest: queries of any length count alike."""
    return np.asarray(scores / np.maximum(scores.max(axis=0), 1e-6), dtype=np.float32)


def _between_0_and_1(values: Floats) -> Floats:
    low, high = values.min(), values.max()
    return np.asarray((values - low) / max(high - low, 1e-6), dtype=np.float32)


def _after_for(title: str, terms: Sequence[str], wanted: set[str]) -> bool:
    """Whether the query's words stand only after "for": a case for a phone is no phone."""
    cut = _FOR.search(title)
    if cut is None or not wanted & set(terms):
        return False
    return not wanted & set(words(title[: cut.start()]))
