"""What a query asks of brand, category, price, colour and other values of the shop's columns."""

import math
import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.claims.facts import NO, YES, attributes
from engine.claims.lexicon import (
    Concept,
    Lexicon,
    Mention,
    Token,
    forms_of,
    longest_mentions,
    tokens_of,
)
from engine.claims.polarity import is_denied
from engine.claims.vocabulary import builtin, kind_of_column, parts, readable
from engine.retrieval.filters import Filter, Kind, ParsedQuery
from engine.retrieval.price import price_range
from engine.tables.categories import levels
from engine.tables.product_text import passages
from engine.tables.tables import Tables, derived

# A field, one of its values, and the terms that name it.
Value = tuple[str, str, tuple[str, ...]]
Rows = NDArray[np.intc]

# A word is not a filter if at least ENOUGH products mention it (one, if the word is known to have
# other meanings) and fewer than this share of them have the value: "summit" beside the brand
# Summit, "cream" beside the colour.
ENOUGH = 4
PRECISION = 0.5
# How many products' texts decide whether a word means a value.
SAMPLED = 5_000

_HEAD_ENDS = re.compile(
    r"(?i)\s*(?:$|[,;.!?，。；！？、|/]|\b(?:for|with|without|in|from|by|of|on|to|that|which|who|as)\b"
    r"|(?<=[\u3400-\u9fff])\s)"
)


@derived
def shop_filters(tables: Tables) -> "FilterReader":
    """The reader of a shop's filters."""
    return FilterReader(tables)


class FilterReader:
    """Reads filters in queries, from the values in a shop's catalog and the products with each."""

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        self._prices = products["price"].to_numpy(dtype=float, na_value=np.nan)
        self._rows: dict[tuple[str, str], Rows] = {}
        self._written: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._fields: dict[str, set[str]] = defaultdict(set)
        self._kinds: dict[str, Kind] = {}
        self._lexicon = Lexicon()
        self._words = builtin()
        self._learn(_holders(products))
        for forms, concept in self._words.terms.items():
            if concept.name in self._fields:
                self._lexicon.add(" ".join(forms), replace(concept, hints=frozenset()))
        self._doubtful = self._find_doubtful(products)

    def read(self, query: str) -> ParsedQuery:
        """The filters in `query`. A value that is negated ("not red") is not a filter."""
        price = price_range(query)
        tokens = tokens_of(query)
        filters: list[Filter] = []
        if price and np.isfinite(self._prices).any():
            name = f"{price.low:g}-{price.high:g}"
            place = (price.start, price.end)
            filters.append(Filter("price", "price", "", name, *place, price.low, price.high))
        # A price ends the phrase before it, as a comma does, and contains no other value.
        bare = f"{query[: price.start]:,<{price.end}}{query[price.end :]}" if price else query
        for mention in self._longest(query, tokens):
            new = self._filter(bare, tokens, mention)
            if new is not None and new.mark not in {other.mark for other in filters}:
                filters.append(new)
        filters = self._one_category(filters)
        return ParsedQuery(query, sorted(filters, key=lambda part: part.start))

    def keep(self, filters: Iterable[Mapping[str, Any]]) -> NDArray[np.bool_]:
        """Which products pass all filters (in the form of `Filter.as_json`), shape (products,).

        Several values of one field are alternatives: "red or blue".
        """
        fields: dict[str, NDArray[np.bool_]] = {}
        for condition in filters:
            field = str(condition.get("field", ""))
            fits = np.zeros(len(self._prices), dtype=bool)
            if field == "price":
                low, high = (condition.get(end) for end in ("low", "high"))
                fits = self._prices >= (0.0 if low is None else float(low))
                fits &= self._prices <= (math.inf if high is None else float(high))
            else:
                rows = self._rows.get((field, str(condition.get("name", ""))))
                if rows is not None:
                    fits[rows] = True
            fields[field] = fields.get(field, False) | fits
        kept = np.ones(len(self._prices), dtype=bool)
        for fits in fields.values():
            kept &= fits
        return kept

    def count(self, condition: Filter) -> int:
        """How many products pass this one filter."""
        return int(self.keep([condition.as_json()]).sum())

    def _learn(self, holders: Mapping[Value, Sequence[int]]) -> None:
        """Learn each value once, from the rows that have it."""
        parts_of: dict[tuple[str, str], list[Sequence[int]]] = defaultdict(list)
        for (field, value, terms), rows in holders.items():
            for term in terms:
                for name in self._name(field, value, term, len(rows)):
                    parts_of[field, name].append(rows)
        for key, found in parts_of.items():
            self._rows[key] = np.unique(np.concatenate([np.asarray(rows) for rows in found]))

    def _name(self, field: str, value: str, term: str, count: int) -> Iterable[str]:
        """Take in a term that stands for `value` in `count` cells; the concepts that it is of."""
        forms = forms_of(term)
        if not forms:
            return ()
        builtin_concept = self._words.get(term) if field not in ("brand", "category") else None
        name = builtin_concept.name if builtin_concept else f"{field}:{' '.join(forms)}"
        kind = self._kinds.setdefault(field, _kind_of(field))
        within = builtin_concept.within if builtin_concept else frozenset({name})
        for wider in within:
            self._fields[wider].add(field)
        self._written[field, name][value] += count
        if builtin_concept:
            self._lexicon.add(term, replace(builtin_concept, hints=frozenset()))
        else:
            self._lexicon.add(term, Concept(name, kind, within))
        return within

    def _longest(self, text: str, tokens: Sequence[Token]) -> list[Mention]:
        """The longest values in a text, in any case of letters."""
        plain = [
            replace(mention, concept=replace(mention.concept, cased=""))
            for mention in self._lexicon.find_all(text, tokens)
        ]
        return longest_mentions(plain)

    def _filter(self, query: str, tokens: Sequence[Token], mention: Mention) -> Filter | None:
        name = mention.concept.name
        first, last = tokens[mention.first], tokens[mention.last - 1]
        if query[first.start] == "," or query[last.end - 1] == ",":
            return None
        fields = [field for field in self._fields[name] if (field, name) not in self._doubtful]
        if not fields or is_denied(query, first, last):
            return None
        field = max(fields, key=lambda column: (len(self._rows[column, name]), column))
        kind = self._kinds[field]
        if kind == "category" and not _HEAD_ENDS.match(query, last.end):
            return None
        start, end = first.start, last.end
        if end < len(query) and query[end] == "色" and kind == "colour":
            end += 1
        return Filter(kind, field, self._spell(field, name, query[start:end]), name, start, end)

    def _spell(self, field: str, name: str, term: str) -> str:
        """The shop's own spelling of `term`, if it is the same word."""
        spellings = self._written.get((field, name), Counter())
        same = (value for value, _ in spellings.most_common() if forms_of(value) == forms_of(term))
        return next(same, term)

    def _one_category(self, filters: list[Filter]) -> list[Filter]:
        """The filters with only the narrowest category: a query looks for one kind of thing."""
        categories = [part for part in filters if part.kind == "category"]
        if not categories:
            return filters
        narrowest = min(
            categories, key=lambda part: (len(self._rows["category", part.name]), -part.start)
        )
        return [part for part in filters if part.kind != "category" or part == narrowest]

    def _find_doubtful(self, products: pd.DataFrame) -> set[tuple[str, str]]:
        """Values whose words mostly appear in the texts of products without that value."""
        right: Counter[tuple[str, str]] = Counter()
        wrong: Counter[tuple[str, str]] = Counter()
        step = max(1, len(products) // SAMPLED)
        rows = {
            value: frozenset(holders[holders % step == 0].tolist())
            for value, holders in self._rows.items()
        }
        sample = range(0, len(products), step)
        for row, text in zip(sample, passages(products.iloc[::step]), strict=True):
            for mention in self._longest(text, tokens_of(text)):
                name = mention.concept.name
                for field in self._fields[name]:
                    (right if row in rows[field, name] else wrong)[field, name] += 1
        soft = {concept.name for concept in self._words.terms.values() if concept.soft}
        return {
            (field, name)
            for (field, name), n in wrong.items()
            if n + right[field, name] >= (1 if name in soft else ENOUGH)
            and right[field, name] < PRECISION * (n + right[field, name])
        }


def _holders(products: pd.DataFrame) -> Mapping[Value, Sequence[int]]:
    """The rows that have each value, in the order of the catalog."""
    # Four bytes a row: a million products have several million values.
    holders: dict[Value, array[int]] = defaultdict(lambda: array("i"))
    cells = (products[name].tolist() for name in ("brand", "category", "attributes"))
    for row, product in enumerate(zip(*cells, strict=True)):
        for value in _values(*product):
            holders[value].append(row)
    return holders


def _values(brand: object, category: object, cell: object) -> Iterator[Value]:
    """Each value of one product."""
    if isinstance(brand, str) and len(brand) > 1 and not brand.replace(" ", "").isdigit():
        yield "brand", brand, (brand,)
    if isinstance(category, str):
        for level in levels(category):
            if len(level.strip()) > 1:
                yield "category", level.strip(), (level.strip(),)
    for column, value in attributes(cell):
        if value.strip().lower() in YES:
            yield column, readable(column), (readable(column),)
        elif value.strip().lower() not in NO:
            yield column, value, parts(value)


def _kind_of(field: str) -> Kind:
    match field:
        case "brand" | "category" | "price":
            return field
    return "colour" if kind_of_column(field) == "colour" else "attribute"
