"""Finds Chinese texts by sound: full pinyin, initials, and both mixed with characters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from engine.retrieval.prefixes import Prefixes
from engine.text.words import segment

# Limits of a search: texts compared syllable by syllable, in order of weight, and ways to read
# what was typed.
MOST_COMPARED = 4000
MOST_SPELLINGS = 64


@dataclass(frozen=True)
class Unit:
    """A Chinese character or a word in letters, with its sound."""

    written: str
    sound: str


def has_chinese(text: str) -> bool:
    """Whether a text holds a Chinese character."""
    return any("\u3400" <= sign <= "\u9fff" for sign in text)


def units(text: str) -> tuple[list[Unit], list[int]]:
    """The units of a normalised text, and which of them start a word."""
    parts: list[Unit] = []
    starts: list[int] = []
    for word in segment(text):
        if not word.strip():
            continue
        starts.append(len(parts))
        if has_chinese(word):
            # A character without a reading stands for itself. The type hints omit callables.
            sounds = lazy_pinyin(word, errors=list)  # type: ignore[arg-type]
            parts += [_unit(sign, sound) for sign, sound in zip(word, sounds, strict=True)]
        else:
            parts.append(_unit(word, word))
    return parts, starts


def spells(pieces: Sequence[str], named: Sequence[Unit]) -> bool:
    """Whether each piece is its unit's character or the beginning of its sound."""
    return len(pieces) <= len(named) and all(
        piece == unit.written or unit.sound.startswith(piece)
        for piece, unit in zip(pieces, named, strict=False)
    )


class Sounds:
    """Finds texts, given in order of weight, by sound; those without Chinese are never found."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.rows = [row for row, text in enumerate(texts) if has_chinese(text)]
        pairs = [units(texts[row]) for row in self.rows]
        self.units = [parts for parts, _ in pairs]
        starts = [places for _, places in pairs]
        self._initials = Prefixes(
            ["".join(unit.sound[0] for unit in parts) for parts in self.units], starts
        )
        self._whole = Prefixes(
            ["".join(unit.sound for unit in parts) for parts in self.units],
            [_letters(parts, places) for parts, places in pairs],
        )
        sounds = {unit.sound for parts in self.units for unit in parts}
        self._heads = {sound[:n] for sound in sounds for n in range(1, len(sound) + 1)}

    def find(self, typed: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The texts that begin with what `typed` spells, and those in which a later word does.

        Each text appears once, in order of weight. Every syllable may be abbreviated: `shouji`,
        `sj`, `shouj` and `手j` all spell 手机. Chinese characters find words that sound the same.
        """
        signs = typed.replace(" ", "").replace("'", "")
        places: set[tuple[int, bool]] = set()
        if signs and not has_chinese(signs):
            rows = self._whole.find(signs)
            first = self._whole.starts[rows] == 0
            places.update(zip(self._whole.owners[rows].tolist(), first.tolist(), strict=True))
        for pieces, initials in self._spellings(signs):
            rows = self._initials.find(initials)
            owners, starts = self._initials.owners[rows], self._initials.starts[rows]
            for row in np.argsort(owners, kind="stable")[:MOST_COMPARED]:
                owner, start = int(owners[row]), int(starts[row])
                matched = (owner, start == 0) in places
                if not matched and spells(pieces, self.units[owner][start : start + len(pieces)]):
                    places.add((owner, start == 0))
        begun = {owner for owner, first in places if first}
        later = {owner for owner, first in places if not first} - begun
        return self._texts(begun), self._texts(later)

    def _texts(self, owners: Iterable[int]) -> NDArray[np.intp]:
        return np.array([self.rows[owner] for owner in sorted(owners)], dtype=np.intp)

    def _spellings(self, signs: str) -> list[tuple[tuple[str, ...], str]]:
        """The ways to cut `signs` into two or more pieces, with the units' first letters."""
        if has_chinese(signs) and all(map(has_chinese, signs)):
            pieces = tuple(lazy_pinyin(signs))
            return [(pieces, "".join(piece[0] for piece in pieces))] if len(pieces) > 1 else []
        spellings: list[tuple[tuple[str, ...], str]] = []
        for pieces, initials in self._cut(signs, (), ""):
            if len(pieces) > 1:
                spellings.append((pieces, initials))
            if len(spellings) == MOST_SPELLINGS:
                break
        return spellings

    def _cut(
        self, signs: str, pieces: tuple[str, ...], initials: str
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        if not signs:
            yield pieces, initials
            return
        rows = self._initials.find(initials)
        if initials and rows.start == rows.stop:
            return
        if has_chinese(signs[0]):
            first = _unit_of(signs[0]).sound[0]
            yield from self._cut(signs[1:], (*pieces, signs[0]), initials + first)
            return
        for end in range(len(signs), 0, -1):
            if signs[:end] in self._heads:
                yield from self._cut(signs[end:], (*pieces, signs[:end]), initials + signs[0])


def _letters(parts: Sequence[Unit], places: Sequence[int]) -> list[int]:
    """The position in the joined sounds of each of the places."""
    ends = np.cumsum([0, *(len(unit.sound) for unit in parts)])
    return [int(ends[place]) for place in places]


@cache
def _unit(written: str, sound: str) -> Unit:
    return Unit(written, sound)


@cache
def _unit_of(sign: str) -> Unit:
    return Unit(sign, lazy_pinyin(sign)[0])
