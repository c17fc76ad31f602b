"""What a query asks of brand, category, price, colour and other values of the shop's columns."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.claims.facts import NO, YES, attributes
from engine.claims.lexicon import Concept, Lexicon, Mention, Token, forms_of, tokens_of
from engine.claims.polarity import is_denied
from engine.claims.vocabulary import builtin, kind_of_column, parts, readable
from engine.retrieval.price import price_range
from engine.tables.categories import levels
from engine.tables.product_text import passages
from engine.tables.tables import Tables

Kind = Literal["brand", "category", "price", "colour", "attribute"]
# A word is no filter where at least ENOUGH products' texts hold it (one, if the word is known to
# have other meanings) and fewer than this share of them have the value: "summit" beside the brand
# Summit, "cream" beside the colour.
ENOUGH = 4
PRECISION = 0.5
# Whether a word means a value is judged by the texts of so many products.
LOOKED_AT = 5_000

_HEAD_ENDS = re.compile(
    r"(?i)\s*(?:$|[,;.!?，。；！？、|/]|\b(?:for|with|without|in|from|by|of|on|to|that|which|who|as)\b"
    r"|(?<=[\u3400-\u9fff])\s)"
)
_LOOSE = re.compile(
    r"(?i)^(?:[\s,;.，。、的色或]|(?:in|by|from|with|and|or|of|for)\s)+"
    r"|(?:[\s,;.，。、的或]|\s(?:in|by|from|with|and|or|of|for|at|a|the|color|colour|priced?))+$"
)


@dataclass(frozen=True)
class Filter:
    """One thing a query asks for, at `query[start:end]`.

    `field` is `brand`, `category`, `price` or the attribute's column; `value` is as the shop writes
    it (empty for a price) and `name` what it is looked up by. A price lies from `low` to `high`.
    """

    kind: Kind
    field: str
    value: str
    name: str
    start: int
    end: int
    low: float = 0.0
    high: float = math.inf

    @property
    def mark(self) -> str:
        """What tells this filter from others, whatever else the query says."""
        return f"{self.field}={self.name}"

    def as_json(self) -> dict[str, Any]:
        """What `FilterReader.keep` needs; an open end of a price is None."""
        high = None if math.isinf(self.high) else self.high
        return {"field": self.field, "name": self.name, "low": self.low, "high": high}


@dataclass(frozen=True)
class Understood:
    """A query and the filters that it states, in their order."""

    query: str
    filters: Sequence[Filter]

    def rest(self, off: Collection[str] = ()) -> str:
        """What is left to search for: the query without its filters, but for those `off` by mark.

        A category stays: it is also what is looked for. A query of filters alone stays whole.
        """
        spans = [
            (one.start, one.end)
            for one in self.filters
            if one.mark not in off and one.kind != "category"
        ]
        if not spans:
            return self.query
        kept, here = [], 0
        for start, end in spans:
            kept.append(self.query[here:start])
            here = end
        kept.append(self.query[here:])
        left = _LOOSE.sub("", " ".join(" ".join(kept).split()))
        return left if forms_of(left) else self.query


class FilterReader:
    """The values that a shop's queries can name, and the products that have each."""

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        self._prices = products["price"].to_numpy(dtype=float, na_value=np.nan)
        self._rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._written: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self._fields: dict[str, set[str]] = defaultdict(set)
        self._kinds: dict[str, Kind] = {
            "brand": "brand", "category": "category", "price": "price",
        }  # fmt: skip
        self._lexicon = Lexicon()
        self._words = builtin()
        columns = ("brand", "category", "attributes")
        for row, cells in enumerate(products[list(columns)].itertuples(index=False)):
            for field, value, terms in _values(*cells):
                for term in terms:
                    self._learn(row, field, value, term)
        for forms, concept in self._words.terms.items():
            if concept.name in self._fields:
                self._lexicon.add(" ".join(forms), replace(concept, hints=frozenset()))
        self._doubtful = self._find_doubtful(products)

    def read(self, query: str) -> Understood:
        """What `query` asks for. A value that is denied ("not red") is no filter."""
        price = price_range(query)
        tokens = tokens_of(query)
        found: list[Filter] = []
        if price and np.isfinite(self._prices).any():
            found.append(
                Filter(
                    "price", "price", "", f"{price.low:g}-{price.high:g}",
                    price.start, price.end, price.low, price.high,
                )
            )  # fmt: skip
        # A price ends what stands before it, as a comma does, and holds no other value.
        bare = f"{query[: price.start]:,<{price.end}}{query[price.end :]}" if price else query
        for mention in self._longest(query, tokens):
            one = self._filter(bare, tokens, mention)
            if one is not None and one.mark not in {other.mark for other in found}:
                found.append(one)
        found = self._one_category(found)
        return Understood(query, sorted(found, key=lambda one: one.start))

    def keep(self, filters: Iterable[Mapping[str, Any]]) -> NDArray[np.bool_]:
        """Which products fit all of the filters (`Filter.as_json`), shape (products,).

        Several values of one field are alternatives: "red or blue".
        """
        fields: dict[str, NDArray[np.bool_]] = {}
        for one in filters:
            field = str(one.get("field", ""))
            fits = np.zeros(len(self._prices), dtype=bool)
            if field == "price":
                low, high = (one.get(end) for end in ("low", "high"))
                fits = self._prices >= (0.0 if low is None else float(low))
                fits &= self._prices <= (math.inf if high is None else float(high))
            else:
                fits[self._rows.get((field, str(one.get("name", ""))), [])] = True
            fields[field] = fields.get(field, False) | fits
        kept = np.ones(len(self._prices), dtype=bool)
        for fits in fields.values():
            kept &= fits
        return kept

    def count(self, one: Filter) -> int:
        """How many products fit this filter alone."""
        return int(self.keep([one.as_json()]).sum())

    def _learn(self, row: int, field: str, value: str, term: str) -> None:
        forms = forms_of(term)
        if not forms:
            return
        known = self._words.get(term) if field not in ("brand", "category") else None
        name = known.name if known else f"{field}:{' '.join(forms)}"
        kind = self._kinds.setdefault(field, _kind_of(field))
        for wider in known.within if known else (name,):
            rows = self._rows[field, wider]
            if not rows or rows[-1] != row:
                rows.append(row)
            self._fields[wider].add(field)
        self._written[field, name][value] += 1
        if not known:
            self._lexicon.add(term, Concept(name, kind, frozenset({name})))
        elif known.name == name:
            self._lexicon.add(term, replace(known, hints=frozenset()))

    def _longest(self, text: str, tokens: Sequence[Token]) -> list[Mention]:
        plain = [
            replace(mention, concept=replace(mention.concept, cased=""))
            for mention in self._lexicon.find_all(text, tokens)
        ]
        ordered = sorted(plain, key=lambda one: (one.first - one.last, one.first))
        taken: set[int] = set()
        found = []
        for mention in ordered:
            places = set(range(mention.first, mention.last))
            if not places & taken:
                taken |= places
                found.append(mention)
        return sorted(found, key=lambda one: one.first)

    def _filter(self, query: str, tokens: Sequence[Token], mention: Mention) -> Filter | None:
        name = mention.concept.name
        first, last = tokens[mention.first], tokens[mention.last - 1]
        if query[first.start] == "," or query[last.end - 1] == ",":
            return None
        fields = [field for field in self._fields[name] if (field, name) not in self._doubtful]
        if not fields or is_denied(query, first, last):
            return None
        field = max(fields, key=lambda one: (len(self._rows[one, name]), one))
        kind = self._kinds[field]
        if kind == "category" and not _HEAD_ENDS.match(query, last.end):
            return None
        start, end = first.start, last.end
        if end < len(query) and query[end] == "色" and kind == "colour":
            end += 1
        return Filter(kind, field, self._spell(field, name, query[start:end]), name, start, end)

    def _spell(self, field: str, name: str, asked: str) -> str:
        """The shop's own way to write what was asked for, if it is the same word."""
        written = self._written.get((field, name), Counter())
        alike = (value for value, _ in written.most_common() if forms_of(value) == forms_of(asked))
        return next(alike, asked)

    def _one_category(self, found: list[Filter]) -> list[Filter]:
        """Only the narrowest category: what is asked for is one kind of thing."""
        categories = [one for one in found if one.kind == "category"]
        if not categories:
            return found
        best = min(categories, key=lambda one: (len(self._rows["category", one.name]), -one.start))
        return [one for one in found if one.kind != "category" or one == best]

    def _find_doubtful(self, products: Any) -> set[tuple[str, str]]:
        """Values whose words mostly stand in the texts of products that do not have them."""
        right: Counter[tuple[str, str]] = Counter()
        wrong: Counter[tuple[str, str]] = Counter()
        rows = {key: frozenset(held) for key, held in self._rows.items()}
        step = max(1, len(products) // LOOKED_AT)
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


def _values(brand: Any, category: Any, cell: Any) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Field, value and the terms for it, for each value of one product."""
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


def _kind_of(column: str) -> Kind:
    return "colour" if kind_of_column(column) == "colour" else "attribute"
