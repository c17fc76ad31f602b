"""Finds the aspects that a review mentions, each with the clause that mentions it."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import Stemmer

from engine.storage.files import read_text, write_json
from engine.storage.workspace import Workspace
from engine.text.words import normalise

Terms = Mapping[str, Sequence[str]]
FILE = "aspects.json"
MOST_ASPECTS, MOST_TERMS, LONGEST = 40, 80, 40
# Only the beginning of a text is searched; longer texts are hardly reviews.
MOST_CHARACTERS = 5_000
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")
_ENDS = re.compile(
    r"[.!?;。！？；…~\n]+"
    r"|\b(?:but|although|though|however|while|whereas|yet)\b"
    r"|，?(?:但是|但|不过|可是|然而|只是|就是|却|虽然|尽管|而)"
    r"|，|, (?=(?:the|it|my|and|i|its|this|they)\b)",
    re.IGNORECASE,
)
# A shorter clause says too little by itself and is joined with the next one.
_SHORT = 4


@dataclass(frozen=True)
class AspectMention:
    """An aspect mentioned in a text: the term for it, and the clause with the term."""

    aspect: str
    term: str
    clause: str


class Aspects:
    """Aspects by name, each with its terms in any language.

    English terms match whole words by their stem, Chinese terms match anywhere.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = {name: list(words) for name, words in terms.items()}
        self._named = {
            _stems(term): (name, term)
            for name, words in self.terms.items()
            for term in words
            if term.strip()
        }
        longest = sorted(self._named, key=len, reverse=True)
        chinese = [re.escape(term) for term in longest if _CHINESE.search(term)]
        spaced = [rf"(?<![^ ]){re.escape(t)}(?![^ ])" for t in longest if not _CHINESE.search(t)]
        self._pattern = re.compile("|".join(chinese + spaced)) if longest else None

    def find(self, clause: str) -> dict[str, str]:
        """The aspects that a clause mentions, in order, each with its term as listed."""
        if self._pattern is None:
            return {}
        terms: dict[str, str] = {}
        for match in self._pattern.findall(_stems(clause)):
            name, term = self._named[match]
            terms.setdefault(name, term)
        return terms


def find_mentions(text: str, aspects: Aspects) -> list[AspectMention]:
    """All mentions of aspects in a text, in order."""
    return [
        AspectMention(name, term, clause)
        for clause in clauses(text[:MOST_CHARACTERS])
        for name, term in aspects.find(clause).items()
    ]


def clauses(text: str) -> list[str]:
    """The parts of a text between sentence ends, Chinese commas and words such as "but".

    A very short part is joined with the next one.
    """
    parts: list[str] = []
    start, carried = 0, ""
    for end in [*(match.start() for match in _ENDS.finditer(text)), len(text)]:
        piece = (carried + text[start:end]).strip(" \t\r\n,.;!?，。；！？…~")
        if len(piece) < _SHORT and end < len(text):
            carried = piece + " " if piece and piece.isascii() else piece
        elif piece:
            parts.append(piece)
            carried = ""
        start = end
    return parts


@cache
def seed_terms() -> Terms:
    """The well-known aspects of products in both languages, from `aspects.toml`."""
    file = Path(__file__).with_name("aspects.toml")
    aspects = tomllib.loads(file.read_text(encoding="utf-8"))
    return {name: [*words["en"], *words["zh"]] for name, words in aspects.items()}


@cache
def seed_aspects() -> Aspects:
    """The aspects of `seed_terms`."""
    return Aspects(seed_terms())


def read_aspects(workspace: Workspace) -> Terms:
    """The aspects of a workspace: its own if someone has edited them, else `seed_terms`."""
    text = read_text(workspace.folder / FILE)
    return seed_terms() if text is None else json.loads(text)


def keep_aspects(workspace: Workspace, terms: Terms) -> Terms:
    """Store the aspects of a workspace, tidied and limited in number, without empty ones."""
    aspects = {}
    for name, words in list(terms.items())[:MOST_ASPECTS]:
        tidy = dict.fromkeys(" ".join(word.split())[:LONGEST] for word in words[:MOST_TERMS])
        filled = [word for word in tidy if word]
        if name.strip() and filled:
            aspects[" ".join(name.split())[:LONGEST]] = filled
    with workspace.changing():
        write_json(workspace.folder / FILE, aspects)
    return aspects


def _stems(text: str) -> str:
    """The form in which terms are compared: stems with single spaces, Chinese unchanged."""
    forms = _WORD.findall(re.sub(r"['’]", "", normalise(text)))
    return " ".join(_stem(word) for word in forms)


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


def _stem(word: str) -> str:
    return word if _CHINESE.match(word) else str(_stemmer().stemWord(word))
