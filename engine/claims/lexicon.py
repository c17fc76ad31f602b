"""Finds terms in texts: tokens, and the concepts that sequences of tokens stand for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from engine.text.words import segment

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+(?:['’][^\W_\u3400-\u9fff]+)?")
_STARTS = ("", *'.!?:。！？：•"“-–—#')
_PAUSE = re.compile(r"[,;:!?。，；：！？、]")
CHINESE = re.compile(r"[\u3400-\u9fff]")
HEADLINE = 0.7


@dataclass(frozen=True)
class Token:
    """A word or a Chinese character at `text[start:end]`, in its normal form."""

    form: str
    start: int
    end: int


@dataclass(frozen=True)
class Concept:
    """What a term stands for.

    `within` names all concepts that this one is a kind of, itself included: navy is a kind of blue.
    A `soft` term has other meanings and needs one of `hints` (normal forms) nearby. A brand that is
    also a common word is `cased`: a text means it only if its `first` letter is a capital inside a
    sentence, or if `all` letters are. An `opaque` term does not imply the terms inside it: faux
    leather is not leather.
    """

    name: str
    kind: str
    within: frozenset[str]
    soft: bool = False
    hints: frozenset[str] = frozenset()
    cased: Literal["", "first", "all"] = ""
    opaque: bool = False


@dataclass(frozen=True)
class Mention:
    """A concept at `tokens[first:last]` of a text."""

    concept: Concept
    first: int
    last: int


class Lexicon:
    """Terms (sequences of token forms) and their concepts."""

    def __init__(self) -> None:
        self.terms: dict[tuple[str, ...], Concept] = {}
        self.lengths: dict[str, list[int]] = {}

    def add(self, term: str, concept: Concept) -> None:
        """Let `term` stand for `concept`, unless it already stands for another."""
        forms = forms_of(term)
        if not forms or forms in self.terms:
            return
        self.terms[forms] = concept
        lengths = self.lengths.setdefault(forms[0], [])
        if len(forms) not in lengths:
            lengths.append(len(forms))
            lengths.sort(reverse=True)

    def get(self, term: str) -> Concept | None:
        """The concept that `term` stands for."""
        return self.terms.get(forms_of(term))

    def find(self, text: str, tokens: Sequence[Token]) -> list[Mention]:
        """The longest terms in a text from left to right, none inside another."""
        longest: list[Mention] = []
        end = 0
        for mention in self.find_all(text, tokens):
            if mention.first >= end and _is_cased(text, tokens, mention):
                longest.append(mention)
                end = mention.last
        return longest

    def find_all(self, text: str, tokens: Sequence[Token]) -> Iterator[Mention]:
        """All terms in a text, with those inside others that imply them."""
        covered, opaque = 0, None
        for first, token in enumerate(tokens):
            for length in self.lengths.get(token.form, ()):
                last = first + length
                concept = self._at(text, tokens, first, last)
                if concept is None:
                    continue
                if opaque and last <= covered and concept.name not in opaque.within:
                    continue
                if concept.opaque and last > covered:
                    covered, opaque = last, concept
                yield Mention(concept, first, last)

    def _at(self, text: str, tokens: Sequence[Token], first: int, last: int) -> Concept | None:
        if last > len(tokens):
            return None
        concept = self.terms.get(tuple(token.form for token in tokens[first:last]))
        if concept is None:
            return None
        if last == first + 1:
            return concept if _is_word(text, tokens[first]) else None
        return None if _PAUSE.search(text, tokens[first].end, tokens[last - 1].start) else concept


def longest_mentions(mentions: Iterable[Mention]) -> list[Mention]:
    """The mentions that do not overlap a longer one, or an earlier one as long, in order."""
    taken: set[int] = set()
    longest = []
    for mention in sorted(
        mentions, key=lambda mention: (mention.first - mention.last, mention.first)
    ):
        places = set(range(mention.first, mention.last))
        if not places & taken:
            taken |= places
            longest.append(mention)
    return sorted(longest, key=lambda mention: mention.first)


@lru_cache(maxsize=20_000)
def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of a text: words in lower case and singular, and single Chinese characters."""
    return tuple(Token(_normal(match.group()), *match.span()) for match in _TOKEN.finditer(text))


def forms_of(term: str) -> tuple[str, ...]:
    """The normal forms of a term's tokens."""
    return tuple(token.form for token in tokens_of(term))


def is_headline(text: str, tokens: Sequence[Token]) -> bool:
    """Whether most words inside sentences are capitalised, so that capitals mean nothing."""
    words = [
        text[token.start]
        for token in tokens
        if token.form.isalpha() and len(token.form) > 3 and not starts_sentence(text, token)
    ]
    capitals = sum(first.isupper() for first in words)
    return capitals > 1 and capitals > HEADLINE * len(words)


def starts_sentence(text: str, token: Token) -> bool:
    """Whether this token is capitalised because of its position."""
    return text[max(0, token.start - 8) : token.start].rstrip(" ")[-1:] in _STARTS


def overlap(first: Iterable[str], second: Iterable[str]) -> bool:
    """Whether two bags of forms share a meaningful word."""
    return any(len(form) > 2 or CHINESE.match(form) for form in set(first) & set(second))


@lru_cache(maxsize=100_000)
def _normal(word: str) -> str:
    word = word.lower().replace("’", "'")
    if len(word) < 4 or not word.isascii() or word.endswith(("ss", "us", "is", "'s")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def _is_cased(text: str, tokens: Sequence[Token], mention: Mention) -> bool:
    term = text[tokens[mention.first].start : tokens[mention.last - 1].end]
    if mention.concept.cased == "all":
        return term.isupper()
    if mention.concept.cased == "first":
        return not term[0].islower() and not starts_sentence(text, tokens[mention.first])
    return True


def _is_word(text: str, token: Token) -> bool:
    """Whether a single Chinese character is a word of its own here."""
    if not CHINESE.match(token.form):
        return True
    return (token.start, token.end) in _word_spans(text)


@lru_cache(maxsize=20_000)
def _word_spans(text: str) -> frozenset[tuple[int, int]]:
    spans, start = set(), 0
    for word in segment(text):
        spans.add((start, start + len(word)))
        start += len(word)
    return frozenset(spans)
