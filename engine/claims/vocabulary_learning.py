"""What a shop's own catalog adds to the words that count as claims."""

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

# A column is one of yes and no, or of numbers, or in one unit, where this share of its values are.
SHARE = 0.8
# A value's word is no claim where at least ENOUGH texts hold it and fewer than this share of their
# products have the value.
ENOUGH = 5
PRECISION = 1 / 3
# English values up to this length ("dry", "large") have other meanings unless a hint is near.
SHORT = 7
# A unit is learnt from at least this many numbers that stand in title or description as well.
VOTES = 5

_BARE = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")

_NUMBERED = re.compile(r"\b\w*\d")

Attributes = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Vocabulary:
    """What one catalog's texts can claim.

    `lexicon` holds built-in and learnt terms; `units` the unit that the bare numbers of a column
    are in.
    """

    lexicon: Lexicon
    units: dict[str, str]


def learn(tables: Tables) -> Vocabulary:
    """The vocabulary of a shop: built-in words, its brands, and the values of its own columns."""
    products = tables.products
    held = [list(attributes(cell)) for cell in products["attributes"]]
    texts = passages(products).tolist()
    lexicon = builtin()
    _add_brands(lexicon, products["brand"].dropna().unique(), texts)
    values = _values(lexicon, held)
    misleading = _misleading(values, held, texts)
    for forms, concept in values.terms.items():
        if concept.name not in misleading:
            lexicon.add(" ".join(forms), concept)
    return Vocabulary(lexicon, _units(held, texts))


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


def _values(lexicon: Lexicon, held: Iterable[Attributes]) -> Lexicon:
    """The attribute values, and the names of yes-or-no columns, that `lexicon` does not know."""
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for pairs in held:
        for column, value in pairs:
            cells[column][value] += 1
    found = Lexicon()
    for column, values in cells.items():
        most = SHARE * values.total()
        if sum(n for value, n in values.items() if _BARE.fullmatch(value)) >= most:
            continue
        if sum(n for value, n in values.items() if value.lower() in YES | NO) >= most:
            if len(forms_of(readable(column))) < MOST_TOKENS:
                _add_value(lexicon, found, readable(column), "feature", column)
            continue
        for value in values:
            for part in parts(value):
                _add_value(lexicon, found, part, kind_of_column(column), column)
    return found


def _add_value(lexicon: Lexicon, found: Lexicon, term: str, kind: str, column: str) -> None:
    # Numbers are checked as numbers: of "AMD Ryzen 5" the words before it are learnt.
    term = _NUMBERED.split(term)[0].strip(" -/(")
    forms = forms_of(term)
    single = len(forms) == 1
    if not forms or forms in lexicon.terms or (single and forms[0] in STOPWORDS_EN):
        return
    name = f"{kind}:{' '.join(forms)}"
    within = {name}
    if kind == "colour" and CHINESE.search(term):
        # A Chinese colour is a kind of the colour that its last character names: 樱粉 is a pink.
        bare = term.removesuffix("色")
        base = lexicon.get(f"{bare}色") or lexicon.get(bare[-1:])
        within |= base.within if base else set()
    soft = single and term.isascii() and len(term) <= SHORT and kind != "feature"
    hints = {*forms_of(readable(column)), *word_list("columns")["hints"]["words"]} if soft else ()
    found.add(term, Concept(name, kind, frozenset(within), soft, frozenset(hints)))


def _misleading(values: Lexicon, held: Sequence[Attributes], texts: Iterable[str]) -> set[str]:
    """Concepts whose terms mostly mean something else, as "home" beside a column of segments."""
    named: dict[tuple[str, str], set[str]] = {}
    for column, value in {pair for pairs in held for pair in pairs}:
        terms = [readable(column)] if value.lower() in YES else parts(value)
        named[column, value] = {concept.name for term in terms if (concept := values.get(term))}
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for text, pairs in zip(texts, held, strict=True):
        mentioned = {mention.concept.name for mention in values.find_all(text, tokens_of(text))}
        if mentioned:
            own = set().union(*(named[pair] for pair in pairs))
            right.update(mentioned & own)
            wrong.update(mentioned - own)
    return {
        name
        for name, n in wrong.items()
        if n + right[name] >= ENOUGH and right[name] < PRECISION * (n + right[name])
    }


def _units(held: Iterable[Attributes], texts: Iterable[str]) -> dict[str, str]:
    """The unit in which titles and descriptions give the bare numbers of each column."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for text, pairs in zip(texts, held, strict=True):
        measured = [quantity for quantity in quantities(text) if quantity.unit] if pairs else []
        for column, value in pairs if measured else ():
            # Small whole numbers are equal by chance.
            if not _BARE.fullmatch(value) or float(value) in range(VOTES):
                continue
            for unit in {quantity.unit for quantity in measured if quantity.value == float(value)}:
                votes[column][unit] += 1
    best = {column: units.most_common(1)[0] for column, units in votes.items()}
    return {
        column: unit
        for column, (unit, most) in best.items()
        if most >= VOTES and most >= SHARE * votes[column].total()
    }
