"""The built-in words that count as claims, and what a shop's columns are about."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from engine.claims.lexicon import CHINESE, Concept, Lexicon, forms_of
from engine.text.quantities import quantities, unit_named

MOST_TOKENS = 4
MOST_CHARACTERS = 8

_KINDS = ("colour", "material", "feature", "ingredient", "content", "promise")
_PARTS = re.compile(r"[,;|\n、，；]|\s/\s|\\n")
_WORD = re.compile(r"[A-Za-z]{3}|[\u3400-\u9fff].*[\u3400-\u9fff]")
_STARTS_AS_NUMBER = re.compile(r"[\d零〇一二两三四五六七八九十百千半]")


@cache
def word_list(name: str) -> Mapping[str, Any]:
    """One of the files in `words/`."""
    path = Path(__file__).with_name("words") / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def builtin() -> Lexicon:
    """A new lexicon with the terms of the built-in lists."""
    lexicon = Lexicon()
    hints = frozenset(word_list("columns")["hints"]["words"])
    for listed in _KINDS:
        entries = word_list(listed)
        for name, entry in entries.items():
            kind, within = entry.get("kind", listed), frozenset(_within(name, entries))
            soft = Concept(name, kind, within, entry.get("soft", False), hints, opaque=True)
            for term in entry.get("en", ()):
                lexicon.add(term, soft)
            for term in entry.get("zh", ()):
                lexicon.add(term, Concept(name, kind, within, opaque=True))
    return lexicon


@lru_cache(maxsize=5_000)
def kind_of_column(column: str) -> str:
    """What a column of the shop is about: `colour`, `material`, `brand`, `origin`, `attribute`."""
    kinds: Mapping[str, list[str]] = word_list("columns")["kinds"]
    return next(
        (kind for kind, words in kinds.items() if any(is_about(column, word) for word in words)),
        "attribute",
    )


def is_about(column: str, word: str) -> bool:
    """Whether a column's name contains a word; Chinese words may be anywhere in it."""
    return word in forms_of(readable(column)) or (not word.isascii() and word in column)


@lru_cache(maxsize=5_000)
def readable(column: str) -> str:
    """A column's name as words."""
    return re.sub(r"[_\s]+", " ", column).strip()


@lru_cache(maxsize=50_000)
def parts(value: str) -> tuple[str, ...]:
    """The values that a cell lists, as far as they can be terms."""
    split = (part.strip(" .()\"'") for part in _PARTS.split(value))
    return tuple(part for part in split if _is_term(part))


def _is_term(part: str) -> bool:
    if not _WORD.search(part) or unit_named(part):
        return False
    if len(forms_of(part)) > (MOST_CHARACTERS if CHINESE.search(part) else MOST_TOKENS):
        return False
    measures = _STARTS_AS_NUMBER.match(part) and quantities(part)
    return not measures or (measures[0].start, measures[0].end) != (0, len(part))


def _within(name: str, entries: Mapping[str, Any]) -> Iterator[str]:
    yield name
    for wider in entries.get(name, {}).get("within", ()):
        yield from _within(wider, entries)
