"""Which products a message means: by id, title, and the names and values in the shop's titles."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.assistant.shop_names import TitleWords
from engine.assistant.understanding import KIND, PRODUCT
from engine.claims.lexicon import tokens_of
from engine.tables.tables import Tables
from engine.text.words import normalise

Role = Literal["brand", "category", "attribute", "name"]

# A name that so small a share of the products has means some of them, not a kind of product.
SPECIFIC = 0.06
# In a small shop, so many products.
FEW = 12
# What the right model number weighs beside names, whose weight is their inverse frequency.
NUMBER = 3.0
# What the last word of a category weighs (a bag may be no sleeping bag), or what is "for" it.
ALIAS = 0.4

_ID = re.compile(r"[A-Za-z0-9_-]+")
_ARTICLE = re.compile(r"\b(?:the|a|an|your|this|that|some)$", re.IGNORECASE)
# "A lamp for the tent" is no tent.
_PURPOSE = re.compile(r"\bfor (?:the |my |a |our |when )?$", re.IGNORECASE)
_GENERATION = re.compile(r"(\d)\s*代")


@dataclass(frozen=True)
class Term:
    """A name or value at `text[start:end]` of a message, and the rows of products that have it."""

    role: Role
    field: str
    name: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class ResolvedProducts:
    """The products that a message means, the likeliest first, and by what it names them.

    `specific` tells whether single products are named, not only a kind or a brand. `exact`
    are the places of whole titles.
    """

    rows: tuple[int, ...]
    terms: tuple[Term, ...]
    specific: bool
    exact: tuple[tuple[int, int], ...] = ()

    @property
    def values(self) -> tuple[Term, ...]:
        """The attribute values that are mentioned."""
        return tuple(
            term for term in self.terms if term.role == "attribute" and not self.is_title(term)
        )

    def is_title(self, term: "Term") -> bool:
        """Whether a term stands inside a whole title."""
        return any(start <= term.start and term.end <= end for start, end in self.exact)

    @property
    def identity(self) -> tuple[Term, ...]:
        """The names, brands and categories that are mentioned."""
        return tuple(term for term in self.terms if term.role != "attribute")


class ProductNames:
    """The products of one catalog, found by what a message calls them."""

    def __init__(self, tables: Tables) -> None:
        products = tables.products
        self.ids: list[str] = products["product_id"].tolist()
        self.prices = products["price"].to_numpy(dtype=float, na_value=np.nan)
        self._words = TitleWords(tables)
        self.titles = self._words.titles
        self._by_id = {str(name).lower(): row for row, name in enumerate(self.ids)}
        self._by_title: dict[str, list[int]] = defaultdict(list)
        for row, title in enumerate(self.titles):
            self._by_title[normalise(title)].append(row)

    def category_of(self, row: int) -> str:
        """The category's narrowest level."""
        return self._words.categories[row]

    def having(self, term: Term) -> NDArray[np.intp]:
        """The rows of the products that a term fits."""
        return self._words.rows[term.name]

    def resolve(self, message: str) -> ResolvedProducts:
        """The products that a message means; no rows where it names none."""
        lowered = normalise(message)
        exact = self._exact(lowered)
        terms = tuple(self._terms(message))
        if exact:
            spans = tuple(
                (match.start(), match.end())
                for title in {self.titles[row] for row in exact}
                for match in re.finditer(re.escape(title), message, re.IGNORECASE)
            )
            return ResolvedProducts(tuple(exact), terms, True, spans)
        identity = [term for term in terms if term.role != "attribute"]
        if not identity:
            return ResolvedProducts((), terms, False)
        scores = np.zeros(len(self.ids))
        for term in identity:
            scores[self._words.rows[term.name]] += term.weight
        numbers = self._model_numbers(message, identity)
        if numbers:
            scores += (
                NUMBER
                * np.array([bool(numbers & own) for own in self._words.numbers])
                * (scores > 0)
            )
        rows = np.flatnonzero(scores >= scores.max() - 1e-9)
        named = any(self._is_specific(term) for term in identity)
        return ResolvedProducts(tuple(self._order(rows, terms)), terms, named)

    def groups(self, message: str, resolved: ResolvedProducts) -> list[list[int]]:
        """The products that each name in a message means, for those that name several."""
        exact = self._exact(normalise(message))
        if len({self.titles[row] for row in exact}) > 1:
            return [[row] for row in exact]
        kinds = [term for term in resolved.identity if not self._is_specific(term)]
        categories = [term for term in kinds if term.role != "brand"]
        groups = []
        for start, end, specific in self._spans(message, resolved.identity):
            if specific:
                own = any(start <= term.start < end for term in categories)
                shared = [] if own else categories[-1:]
                category = " ".join(message[term.start : term.end] for term in shared)
                groups.append(list(self.resolve(f"{message[start:end]} {category}").rows))
        if len(groups) < 2 and len(brands := [t for t in kinds if t.role == "brand"]) > 1:
            category = " ".join(message[term.start : term.end] for term in categories[-1:])
            names = [f"{message[term.start : term.end]} {category}" for term in brands]
            groups = [list(self.resolve(one).rows) for one in names]
        return [group for group in groups if group]

    def keep(self, rows: Iterable[int], terms: Iterable[Term]) -> list[int]:
        """The rows that have a value of each field that the terms name."""
        fields: dict[str, set[int]] = defaultdict(set)
        for term in terms:
            fields[term.field].update(self._words.rows[term.name].tolist())
        return [row for row in rows if all(row in fits for fits in fields.values())]

    def mask(self, message: str, resolved: ResolvedProducts, language: str) -> str:
        """The message with its names replaced: what it wants does not depend on the shop."""
        masked = message
        for form in _ID.findall(message):
            if form.lower() in self._by_id:
                masked = masked.replace(form, PRODUCT[language])
        for title in sorted({self.titles[row] for row in resolved.rows[:1]}, key=len, reverse=True):
            masked = re.sub(re.escape(title), PRODUCT[language], masked, flags=re.IGNORECASE)
        if masked != message:
            return normalise(masked)
        spans = list(self._spans(message, resolved.identity))
        for start, end, specific in reversed(spans):
            mask = (PRODUCT if specific else KIND)[language]
            pad = "" if language == "zh" else " "
            before = _ARTICLE.sub("", masked[:start].rstrip()) if specific else masked[:start]
            masked = f"{before.rstrip()}{pad}{mask}{pad}{masked[end:].lstrip()}"
        return normalise(masked)

    def _spans(self, message: str, terms: Sequence[Term]) -> Iterator[tuple[int, int, bool]]:
        """Runs of names with the numbers and small words between them."""
        ordered = sorted(terms, key=lambda term: term.start)
        here: tuple[int, int, bool] | None = None
        for term in ordered:
            specific = self._is_specific(term)
            end = term.end
            if after := re.match(r"\s*\d{1,2}代?(?![\d%.])", message[end:]):
                end += after.end()
            between = message[here[1] : term.start] if here else ""
            if here and re.fullmatch(r"[\s\d代'’的s-]*", between):
                here = (here[0], end, here[2] or specific)
                continue
            if here:
                yield here
            here = (term.start, end, specific)
        if here:
            yield here

    def _is_specific(self, term: Term) -> bool:
        few = max(SPECIFIC * len(self.ids), FEW)
        is_name = term.role == "name" and term.name not in self._words.kinds
        return is_name and len(self._words.rows[term.name]) <= few

    def _order(self, rows: NDArray[np.intp], terms: Sequence[Term]) -> list[int]:
        """Rows with the values asked for first, then those whose title is named most fully."""
        attribute = [term for term in terms if term.role == "attribute"]
        literal_rows = self._words.literal_rows

        def worth(row: int) -> tuple[int, int, int]:
            fits = sum(row in literal_rows[term.name] for term in attribute)
            covered = sum(term.end - term.start for term in terms if row in literal_rows[term.name])
            return (-fits, len(self.titles[row]) - covered, row)

        return sorted((int(row) for row in rows), key=worth)

    def _exact(self, lowered: str) -> list[int]:
        ids = [self._by_id[form] for form in _ID.findall(lowered) if form in self._by_id]
        if ids:
            return list(dict.fromkeys(ids))
        whole = [title for title in self._by_title if len(title) > 3 and title in lowered]
        longest = [one for one in whole if not any(one != two and one in two for two in whole)]
        longest.sort(key=lowered.find)
        return [row for title in longest for row in self._by_title[title]]

    def _model_numbers(self, message: str, identity: Sequence[Term]) -> set[str]:
        """Model numbers: right after a name, or counted as a generation."""
        numbers = {match[1] for match in _GENERATION.finditer(message)}
        for term in identity:
            if match := re.match(
                r"\s*(?:mark |mk )?(\d{1,4})(?![\d.,]*\d|\s*[%$€元块])",
                message[term.end :],
                re.IGNORECASE,
            ):
                numbers.add(match[1])
        return numbers

    def _terms(self, message: str) -> Iterator[Term]:
        tokens = tokens_of(message)
        for mention in self._words.find(message):
            role, _, field = mention.concept.kind.partition(":")
            name = mention.concept.name
            start, end = tokens[mention.first].start, tokens[mention.last - 1].end
            weight = float(np.log((1 + len(self.ids)) / len(self._words.rows[name])))
            if field == "alias" or _PURPOSE.search(message[:start]):
                weight *= ALIAS
            yield Term(role, field, name, start, end, weight)  # type: ignore[arg-type]
