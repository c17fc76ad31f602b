"""How a shop's shoppers ask for its products, learned from clicks, and queries written that way.

A query is taken for a translation of the product that was clicked: each of its words comes from
something the product says, or from nothing (IBM Model 1, Brown et al. 1993; for queries, Berger and
Lafferty 1999). What comes from the same thing side by side is one phrase, and what remains is the
query's form. A product that nobody clicked is asked for by the forms and phrases of the others.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.ranking import Ranking
from engine.tables.categories import leaf
from engine.tables.product_text import LONG_VALUE
from engine.text.words import STOPWORDS, normalise, segment, words

ROUNDS = 10
# As if each value had been seen with so many other words: without it, a rare value takes to itself
# all words of the few queries that it was seen with (Moore 2004).
RARE = 3.0
# A query that finds its product among the first so many is kept (Dai et al. 2022, 2209.11755).
FOUND = 10
ATTEMPTS = 40

# A field and what a product says in it, such as ("color", "moss"); a form names fields alone.
Value = tuple[str, str]
NOTHING: Value = ("", "")
# How a query is made: texts that stand in it as they are, and fields in their place.
Form = tuple[tuple[str, bool], ...]


def product_values(products: pd.DataFrame) -> dict[str, list[Value]]:
    """What each product says, by product id: its brand, leaf category, attributes and title."""
    columns = ("product_id", "title", "category", "brand", "attributes")
    said = {}
    for product_id, *cells in products[list(columns)].itertuples(index=False):
        texts = [one if isinstance(one, str) else "" for one in cells]
        cell = dict(zip(columns[1:], texts, strict=True))
        values = [("brand", cell["brand"]), ("category", leaf(cell["category"]))]
        for name, value in json.loads(cell["attributes"] or "{}").items():
            if isinstance(value, str) and len(value) < LONG_VALUE:
                values.append((f"attribute {name}", value))
        for word in words(cell["title"]):
            if word not in STOPWORDS:
                values.append(("number" if word.isdigit() else "title", word))
        tidy = ((field, normalise(value)) for field, value in values)
        said[str(product_id)] = [value for value in dict.fromkeys(tidy) if value[1]]
    return said


@dataclass(frozen=True)
class QueryForms:
    """The forms of queries with how often each was clicked, and phrases by what they stand for."""

    forms: Mapping[Form, float]
    phrases: Mapping[Value, Mapping[str, float]]

    @classmethod
    def learn(cls, pairs: pd.DataFrame, values: Mapping[str, Sequence[Value]]) -> Self:
        """Learn from `pairs`, the columns `query` and `product_id`; each query counts once."""
        forms: Counter[Form] = Counter()
        phrases: dict[Value, Counter[str]] = defaultdict(Counter)
        share = 1 / pairs.groupby("query")["query"].transform("size")
        for tokens, weight in zip(_align(pairs, values, share.to_numpy()), share, strict=True):
            form: list[tuple[str, bool]] = []
            for text, source in _join(tokens):
                if source == NOTHING:
                    form.append((text, False))
                else:
                    form.append((source[0], True))
                    phrases[source][text] += weight
            # A number that comes from nothing, such as a price, is true of its own product alone.
            asked = any(is_field for _, is_field in form)
            if asked and not any(
                sign.isdigit() for text, field in form if not field for sign in text
            ):
                forms[tuple(form)] += weight
        return cls(forms, phrases)

    def write(self, said: Sequence[Value], rng: np.random.Generator) -> Iterator[str]:
        """Queries for a product that says `said`, as they are drawn; none where no form fits."""
        fields = {field for field, _ in said}
        fitting = [
            form for form in self.forms if all(x in fields for x, is_field in form if is_field)
        ]
        if not fitting:
            return
        weights = np.array([self.forms[form] for form in fitting])
        for place in rng.choice(len(fitting), ATTEMPTS, p=weights / weights.sum()):
            query = self._fill(fitting[place], said, rng)
            if query:
                yield query

    def _fill(self, form: Form, said: Sequence[Value], rng: np.random.Generator) -> str | None:
        """A query of this form; None where nothing is left to say in one of its fields."""
        left, texts = list(said), []
        for text, is_field in form:
            if is_field:
                heard = [
                    (value, sum(self.phrases[value].values()))
                    if value in self.phrases
                    else (value, 0.0 if text == "title" else 1.0)
                    for value in left
                    if value[0] == text
                ]
                total = sum(weight for _, weight in heard)
                if not total:
                    return None
                drawn = rng.choice(len(heard), p=[weight / total for _, weight in heard])
                value = heard[int(drawn)][0]
                left.remove(value)
                text = self._phrase(value, rng)
            texts.append(text)
        return normalise("".join(texts))

    def _phrase(self, value: Value, rng: np.random.Generator) -> str:
        known = self.phrases.get(value)
        if not known:
            return value[1]
        weights = np.array(list(known.values()))
        return list(known)[int(rng.choice(len(known), p=weights / weights.sum()))]


def write_pairs(
    forms: QueryForms,
    values: Mapping[str, Sequence[Value]],
    search: Callable[[str], Ranking],
    each: int,
    seed: int,
) -> pd.DataFrame:
    """Up to `each` queries for every product of `values` that find it again by `search`.

    Columns `query` and `product_id`; no query twice.
    """
    rng = np.random.default_rng(seed)
    rows: dict[str, str] = {}
    for product_id, said in values.items():
        left = each
        for query in forms.write(said, rng):
            if query not in rows and product_id in search(query).product_ids[:FOUND]:
                rows[query] = product_id
                left -= 1
                if not left:
                    break
    return pd.DataFrame({"query": list(rows), "product_id": list(rows.values())}, dtype="str")


def _align(
    pairs: pd.DataFrame, values: Mapping[str, Sequence[Value]], share: NDArray[np.float64]
) -> list[list[tuple[str, Value]]]:
    """The pieces of every pair's query, each with what it most likely stands for."""
    queries = [segment(query) for query in pairs["query"]]
    sources: dict[Value, int] = {NOTHING: 0}
    terms: dict[str, int] = {}
    cells: list[tuple[int, int, int, float]] = []
    spans: list[tuple[int, int]] = []
    for pieces, product_id, weight in zip(queries, pairs["product_id"], share, strict=True):
        own = [sources.setdefault(one, len(sources)) for one in (NOTHING, *values[product_id])]
        for term in filter(_is_word, pieces):
            number = terms.setdefault(term, len(terms))
            cells += [(len(spans), source, number, weight) for source in own]
            spans.append((len(cells) - len(own), len(cells)))
    place, source, term, weight = (np.array(column) for column in zip(*cells, strict=True))
    keys, key = np.unique(source * len(terms) + term, return_inverse=True)
    chance = np.ones(len(keys))
    for _ in range(ROUNDS):
        shares = chance[key] / np.bincount(place, chance[key])[place]
        counts = np.bincount(key, weight * shares)
        chance = counts / (np.bincount(keys // len(terms), counts) + RARE)[keys // len(terms)]
    names = list(sources)
    best = iter(names[source[start + chance[key[start:stop]].argmax()]] for start, stop in spans)
    return [
        [(piece, next(best) if _is_word(piece) else NOTHING) for piece in pieces]
        for pieces in queries
    ]


def _join(tokens: Sequence[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """Neighbouring pieces of one source as one, with what stands between them from nothing."""
    runs: list[tuple[str, Value]] = []
    for text, source in tokens:
        if runs and runs[-1][1] == source:
            runs[-1] = (runs[-1][0] + text, source)
        elif len(runs) > 1 and runs[-1][1] == NOTHING and runs[-2][1] == source:
            between, _ = runs.pop()
            runs[-1] = (runs[-1][0] + between + text, source)
        else:
            runs.append((text, source))
    return runs


def _is_word(piece: str) -> bool:
    return any(sign.isalnum() for sign in piece) and piece not in STOPWORDS
