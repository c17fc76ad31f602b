"""Queries that show a visitor what shoppers type: frequent ones, and one with a typing mistake."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from pypinyin import lazy_pinyin

from engine.retrieval.past_queries import past_queries
from engine.retrieval.pinyin import has_chinese
from engine.retrieval.spelling import mistakes
from engine.tables.product_text import searchable_texts
from engine.tables.tables import Tables, summary
from engine.text.words import STOPWORDS, normalise, segment

MOST = 8
LONGEST = 36
# A word that so many different queries hold is the shop's own, though the catalog lacks it.
FAMILIAR = 4
# Shorter words resemble too many others.
SHORTEST = 6

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class ExampleQuery:
    """A query as shoppers typed it; `meant` is what a misspelt one should be, otherwise None."""

    text: str
    meant: str | None = None


@summary
def example_queries(tables: Tables) -> Sequence[ExampleQuery]:
    """Up to `MOST` short queries that share no word, from the most useful ones (`past_queries`).

    First come those whose words are all in the catalog, then those with the shop's `own` words,
    which many queries hold. None has a number. The last one is misspelt if a query was that can be
    corrected.
    """
    typed = {text: _parts(text) for text in past_queries(tables)["query"]}
    log = Counter(chain.from_iterable(set(parts) for parts in typed.values()))
    familiar = {word: n for word, n in log.items() if n >= FAMILIAR}
    catalog = "\n".join(searchable_texts(tables.products)).lower()
    in_catalog = set(_LETTERS.findall(catalog))
    plain: list[ExampleQuery] = []
    own: list[ExampleQuery] = []
    misspelt: ExampleQuery | None = None
    used: set[str] = set()
    for text, parts in typed.items():
        fresh = set(parts) - STOPWORDS
        if len(text) > LONGEST or _DIGIT.search(text) or not fresh or fresh & used:
            continue
        missing = [
            part
            for part in parts
            if part not in STOPWORDS
            and not (part in catalog if has_chinese(part) else part in in_catalog)
        ]
        unknown = [part for part in missing if part not in familiar]
        meant = _meant(unknown[0], familiar) if len(unknown) == 1 and not misspelt else None
        if meant:
            misspelt = ExampleQuery(text, normalise(text).replace(unknown[0], meant))
            used |= fresh
        elif not unknown and len(plain) + len(own) < MOST:
            (own if missing else plain).append(ExampleQuery(text))
            used |= fresh
        if misspelt and len(plain) + len(own) == MOST:
            break
    chosen = [*plain, *own]
    return [*chosen[: MOST - 1], misspelt] if misspelt else chosen


def _parts(text: str) -> list[str]:
    """The words of a text as they are written, in lower case; Chinese is segmented."""
    runs = _LETTERS.findall(normalise(text))
    return list(chain.from_iterable(segment(run) if has_chinese(run) else [run] for run in runs))


def _meant(word: str, familiar: Mapping[str, int]) -> str | None:
    """The word of many queries that a misspelt one stands for: same sound or one letter wrong."""
    if has_chinese(word):
        near = [
            one for one in familiar if len(one) == len(word) > 1 and _sound(one) == _sound(word)
        ]
    else:
        near = [one for one in familiar if _is_misspelt(word, one)]
    return max(near, key=lambda one: familiar[one], default=None)


@lru_cache(maxsize=4096)
def _sound(word: str) -> tuple[str, ...]:
    """How a Chinese word is read; the shop's own words are compared with many others."""
    return tuple(lazy_pinyin(word))


def _is_misspelt(word: str, meant: str) -> bool:
    """Whether one mistake separates two words that are not merely related, as "round", "around"."""
    if len(word) < SHORTEST or mistakes(word, meant) != 1:
        return False
    swapped = sorted(word) == sorted(meant)
    return swapped or (word[0] == meant[0] and word.rstrip("s") != meant.rstrip("s"))
