"""Learns from a shop's own catalog what else counts as a claim."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from bm25s.stopwords import STOPWORDS_EN

from engine.claims.facts import NO, YES, attributes
from engine.claims.lexicon import CHINESE, Concept, Lexicon, forms_of, tokens_of
from engine.claims.vocabulary import (
    MOST_TOKENS,
    builtin,
    kind_of_column,
    parts,
    readable,
    word_list,
)
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.text.quantities import quantities

# A column is yes or no, numeric, or in one unit if this share of its values is.
SHARE = 0.8
# The word for a value is not a claim if at least ENOUGH texts contain it and fewer than this share
# of their products have the value.
ENOUGH = 5
PRECISION = 1 / 3
# English values of up to this length ("dry", "large") are ambiguous without a hint nearby.
SHORT = 7
# A unit is learned from at least this many numbers that are also in title or description.
VOTES = 5

_BARE = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")

_NUMBERED = re.compile(r"\b\w*\d")

Attributes = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Vocabulary:
    """What texts about one catalog can claim.

    `lexicon` has the built-in and the learned terms, `units` the unit of each column of bare
    numbers.
    """

    lexicon: Lexicon
    units: dict[str, str]


def learn_vocabulary(tables: Tables) -> Vocabulary:
    """The vocabulary of a shop: built-in words, brands, and the values of its own columns."""
    products = tables.products
    attributes_of = [list(attributes(cell)) for cell in products["attributes"]]
    texts = passages(products).tolist()
    lexicon = builtin()
    _add_brands(lexicon, products["brand"].dropna().unique(), texts)
    values = _values(lexicon, attributes_of)
    misleading = _misleading(values, attributes_of, texts)
    for forms, concept in values.terms.items():
        if concept.name not in misleading:
            lexicon.add(" ".join(forms), concept)
    return Vocabulary(lexicon, _units(attributes_of, texts))


def _add_brands(lexicon: Lexicon, brands: Iterable[str], texts: Iterable[str]) -> None:
    small = {word for text in texts for word in re.findall(r"\b[a-z]{2,}\b", text)}
    for brand in brands:
        if len(brand) < 2 or brand.replace(" ", "").isdigit():
            continue
        name = f"brand:{' '.join(forms_of(brand))}"
        cased: Literal["", "first", "all"] = ""
        if brand.isascii() and (len(brand) < MOST_TOKENS or brand.lower() in small):
            cased = "all" if brand.isupper() else "first"
        lexicon.add(brand, Concept(name, "brand", frozenset({name}), cased=cased))


def _values(lexicon: Lexicon, attributes_of: Iterable[Attributes]) -> Lexicon:
    """The attribute values, and the names of yes-or-no columns, that are not in `lexicon`."""
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for pairs in attributes_of:
        for column, value in pairs:
            cells[column][value] += 1
    learned = Lexicon()
    for column, values in cells.items():
        enough = SHARE * values.total()
        if sum(n for value, n in values.items() if _BARE.fullmatch(value)) >= enough:
            continue
        if sum(n for value, n in values.items() if value.lower() in YES | NO) >= enough:
            if len(forms_of(readable(column))) < MOST_TOKENS:
                _add_value(lexicon, learned, readable(column), "feature", column)
            continue
        for value in values:
            for part in parts(value):
                _add_value(lexicon, learned, part, kind_of_column(column), column)
    return learned


def _add_value(lexicon: Lexicon, learned: Lexicon, term: str, kind: str, column: str) -> None:
    # Numbers are checked as numbers: of "AMD Ryzen 5", only "AMD Ryzen" is learned.
    term = _NUMBERED.split(term)[0].strip(" -/(")
    forms = forms_of(term)
    single = len(forms) == 1
    if not forms or forms in lexicon.terms or (single and forms[0] in STOPWORDS_EN):
        return
    name = f"{kind}:{' '.join(forms)}"
    within = {name}
    if kind == "colour" and CHINESE.search(term):
        # A Chinese colour is a shade of the one that its last character names: 樱粉 is a pink.
        bare = term.removesuffix("色")
        base = lexicon.get(f"{bare}色") or lexicon.get(bare[-1:])
        within |= base.within if base else set()
    soft = single and term.isascii() and len(term) <= SHORT and kind != "feature"
    hints = {*forms_of(readable(column)), *word_list("columns")["hints"]["words"]} if soft else ()
    learned.add(term, Concept(name, kind, frozenset(within), soft, frozenset(hints)))


def _misleading(
    values: Lexicon, attributes_of: Sequence[Attributes], texts: Iterable[str]
) -> set[str]:
    """Concepts whose terms mostly mean something else, such as "home" for a market segment."""
    named: dict[tuple[str, str], set[str]] = {}
    for column, value in {pair for pairs in attributes_of for pair in pairs}:
        terms = [readable(column)] if value.lower() in YES else parts(value)
        named[column, value] = {concept.name for term in terms if (concept := values.get(term))}
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for text, pairs in zip(texts, attributes_of, strict=True):
        mentioned = {mention.concept.name for mention in values.find_all(text, tokens_of(text))}
        if mentioned:
            stated_by_columns = set().union(*(named[pair] for pair in pairs))
            right.update(mentioned & stated_by_columns)
            wrong.update(mentioned - stated_by_columns)
    return {
        name
        for name, n in wrong.items()
        if n + right[name] >= ENOUGH and right[name] < PRECISION * (n + right[name])
    }


def _units(attributes_of: Iterable[Attributes], texts: Iterable[str]) -> dict[str, str]:
    """The unit of each column's bare numbers, according to titles and descriptions."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for text, pairs in zip(texts, attributes_of, strict=True):
        measured = [quantity for quantity in quantities(text) if quantity.unit] if pairs else []
        for column, value in pairs if measured else ():
            # Small integers are often equal by chance.
            if not _BARE.fullmatch(value) or float(value) in range(VOTES):
                continue
            for unit in {quantity.unit for quantity in measured if quantity.value == float(value)}:
                votes[column][unit] += 1
    best = {column: units.most_common(1)[0] for column, units in votes.items()}
    return {
        column: unit
        for column, (unit, count) in best.items()
        if count >= VOTES and count >= SHARE * votes[column].total()
    }
