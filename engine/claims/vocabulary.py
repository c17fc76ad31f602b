"""The words that count as claims: built-in lists, and what a shop's own catalog shows."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from bm25s.stopwords import STOPWORDS_EN

from engine.claims.facts import NO, YES, attributes
from engine.claims.lexicon import Concept, Lexicon, forms_of, tokens_of
from engine.data.tables import Tables
from engine.text.quantities import quantities, unit_named

# A column is a yes-or-no one, or one of numbers, where this share of its values are.
SHARE = 0.8
# A value's word is no claim where it stands in at least this many texts of products that mostly
# have another value.
ENOUGH = 5
PRECISION = 0.5
# A unit is learnt from at least this many numbers that stand in title or description as well.
VOTES = 5
MOST_TOKENS = 4
SHORT = 7

_KINDS = ("colour", "material", "feature", "ingredient", "content", "promise")
_PARTS = re.compile(r"[,;|\n、，；]|\s/\s|\\n")
_BARE = re.compile(r"\s*-?\d+(?:\.\d+)?\s*")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass
class Vocabulary:
    """What one catalog's texts can claim.

    `lexicon` holds built-in and learnt terms; `units` the unit that the bare numbers of a column
    are in.
    """

    lexicon: Lexicon
    units: dict[str, str] = field(default_factory=dict)


@cache
def word_list(name: str) -> Mapping[str, Any]:
    """One of the files in `words/`."""
    path = Path(__file__).with_name("words") / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def builtin() -> Lexicon:
    """A new lexicon of the built-in lists."""
    lexicon = Lexicon()
    hints = frozenset(word_list("columns")["hints"]["words"])
    for kind in _KINDS:
        entries = word_list(kind)
        for name, entry in entries.items():
            kind_of_it = entry.get("kind", kind)
            within = frozenset(_within(name, entries))
            hard = Concept(name, kind_of_it, within)
            soft = Concept(name, kind_of_it, within, entry.get("soft", False), hints)
            for term in entry.get("en", ()):
                lexicon.add(term, soft)
            for term in entry.get("zh", ()):
                lexicon.add(term, hard)
    return lexicon


def learn(tables: Tables) -> Vocabulary:
    """The vocabulary of a shop: built-in words, its brands, and the values of its own columns."""
    lexicon = builtin()
    products = tables.products
    held = [list(attributes(cell)) for cell in products["attributes"]]
    texts = [
        f"{title}. {description if isinstance(description, str) else ''}"
        for title, description in zip(products["title"], products["description"], strict=True)
    ]
    small = Counter(word for text in texts for word in re.findall(r"\b[a-z]{2,}\b", text))
    _learn_brands(lexicon, products["brand"].dropna().unique(), small)
    _learn_values(lexicon, held, texts)
    return Vocabulary(lexicon, _learn_units(held, texts))


def kind_of_column(column: str) -> str:
    """What a column of the shop is about: `colour`, `material`, `brand`, `origin`, `attribute`."""
    forms = set(forms_of(readable(column)))
    for kind, words in word_list("columns")["kinds"].items():
        if any(word in forms or (_CHINESE.search(word) and word in column) for word in words):
            return kind
    return "attribute"


def readable(column: str) -> str:
    """A column's name as words."""
    return re.sub(r"[_\s]+", " ", column).strip()


@lru_cache(maxsize=50_000)
def parts(value: str) -> tuple[str, ...]:
    """The single values of a cell that may list several, those that can be a term."""
    return tuple(_parts(value))


def _parts(value: str) -> Iterator[str]:
    for part in _PARTS.split(value):
        part = part.strip(" .()\"'")
        forms = forms_of(part)
        letters = sum(map(len, forms))
        if not 0 < len(forms) <= (8 if _CHINESE.search(part) else MOST_TOKENS):
            continue
        if unit_named(part) or any((q.start, q.end) == (0, len(part)) for q in quantities(part)):
            continue
        if (_CHINESE.search(part) and letters >= 2) or re.search(r"[A-Za-z]{3}", part):
            yield part


def _within(name: str, entries: Mapping[str, Any]) -> Iterator[str]:
    yield name
    for wider in entries.get(name, {}).get("within", ()):
        yield from _within(wider, entries)


def _learn_brands(lexicon: Lexicon, brands: Iterable[str], small: Counter[str]) -> None:
    for brand in brands:
        name = f"brand:{' '.join(forms_of(brand))}"
        if len(brand) < 2 or brand.replace(" ", "").isdigit():
            continue
        cased: Literal["", "first", "all"] = ""
        if brand.isascii() and (len(brand) < MOST_TOKENS or small[brand.lower()]):
            cased = "all" if brand.isupper() else "first"
        lexicon.add(brand, Concept(name, "brand", frozenset({name}), cased=cased))


def _learn_values(lexicon: Lexicon, held: list[list[tuple[str, str]]], texts: list[str]) -> None:
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    for pairs in held:
        for column, value in pairs:
            cells[column][value] += 1
    candidates = Lexicon()
    for column, values in cells.items():
        kind = kind_of_column(column)
        total = values.total()
        if sum(n for value, n in values.items() if value.lower() in YES | NO) >= SHARE * total:
            terms: Iterable[str] = [name] if len(forms_of(name := readable(column))) <= 3 else []
            kind = "feature"
        elif sum(n for value, n in values.items() if _BARE.fullmatch(value)) >= SHARE * total:
            continue
        else:
            terms = [part for value in values for part in parts(value)]
        for term in terms:
            _add_value(lexicon, candidates, term, kind, column)
    for forms in _misleading(candidates, held, texts):
        candidates.terms.pop(forms)
    for forms, concept in candidates.terms.items():
        lexicon.add(" ".join(forms), concept)


def _add_value(lexicon: Lexicon, candidates: Lexicon, term: str, kind: str, column: str) -> None:
    forms = forms_of(term)
    single = len(forms) == 1
    if lexicon.terms.get(forms) or (single and forms[0] in STOPWORDS_EN):
        return
    name = f"{kind}:{' '.join(forms)}"
    within = {name}
    if kind == "colour" and _CHINESE.search(term):
        # A Chinese colour is a kind of the colour that its last character names: 樱粉 is a pink.
        base = lexicon.get(term.removesuffix("色")[-1:])
        within |= base.within if base else set()
    # Short English words ("dry", "sand") have other meanings unless the text speaks of the column.
    soft = single and term.isascii() and len(term) <= SHORT and kind != "feature"
    hints = {*forms_of(readable(column)), *word_list("columns")["hints"]["words"]}
    concept = Concept(name, kind, frozenset(within), soft, frozenset(hints))
    candidates.add(term, concept)
    # "AMD Ryzen" is claimed by whoever leaves the number out.
    while forms[-1:] and forms[-1].isdigit():
        forms = forms[:-1]
    if 1 < len(forms) < len(forms_of(term)):
        shorter = f"{kind}:{' '.join(forms)}"
        candidates.add(" ".join(forms), Concept(shorter, kind, frozenset({shorter})))


def _misleading(
    candidates: Lexicon, held: list[list[tuple[str, str]]], texts: list[str]
) -> list[tuple[str, ...]]:
    """Terms that texts mostly use in another sense, as "home" beside a column of segments."""
    columns: dict[str, set[str]] = defaultdict(set)
    own: list[set[str]] = []
    for pairs in held:
        names = set()
        for column, value in pairs:
            if value.lower() in YES | NO:
                found = [candidates.get(readable(column))]
                denied = value.lower() in NO
            else:
                found = [candidates.get(part) for part in parts(value)]
                denied = False
            for concept in found:
                if concept:
                    columns[concept.name].add(column)
                    if not denied:
                        names.add(concept.name)
        own.append(names)
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for text, pairs, names in zip(texts, held, own, strict=True):
        filled = {column for column, _ in pairs}
        for mention in candidates.find(text, tokens_of(text)):
            name = mention.concept.name
            if name in names:
                right[name] += 1
            elif columns[name] & filled:
                wrong[name] += 1
    return [
        forms
        for forms, concept in candidates.terms.items()
        if (n := right[concept.name] + wrong[concept.name]) >= ENOUGH
        and right[concept.name] < PRECISION * n
    ]


def _learn_units(held: list[list[tuple[str, str]]], texts: list[str]) -> dict[str, str]:
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for text, pairs in zip(texts, held, strict=True):
        measured = [q for q in quantities(text) if q.unit]
        if not measured:
            continue
        for column, value in pairs:
            # Small whole numbers are equal by chance.
            if _BARE.fullmatch(value) and (float(value) > VOTES or not float(value).is_integer()):
                for unit in {q.unit for q in measured if q.value == float(value)}:
                    votes[column][unit] += 1
    learnt = {}
    for column, units in votes.items():
        unit, most = units.most_common(1)[0]
        if most >= VOTES and most >= SHARE * units.total():
            learnt[column] = unit
    return learnt
