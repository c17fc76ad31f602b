"""Chinese texts found by how they sound: full pinyin, initials, and both mixed with characters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

from engine.retrieval.prefixes import Prefixes
from engine.text.words import segment

# So many texts are compared syllable by syllable at most, those that weigh most first.
MOST_COMPARED = 4000
MOST_SPELLINGS = 64


@dataclass(frozen=True)
class Unit:
    """A Chinese character, or a word in letters, with how it sounds."""

    written: str
    sound: str


def has_chinese(text: str) -> bool:
    """Whether a text holds a Chinese character."""
    return any("\u3400" <= sign <= "\u9fff" for sign in text)


def units(text: str) -> tuple[list[Unit], list[int]]:
    """The units of a text (in its normal form), and which of them start a word."""
    found: list[Unit] = []
    starts: list[int] = []
    for word in segment(text):
        if not word.strip():
            continue
        starts.append(len(found))
        if has_chinese(word):
            # A sign without a reading sounds as it is written. The hints leave out lists.
            sounds = lazy_pinyin(word, errors=list)  # type: ignore[arg-type]
            found += [_unit(sign, sound) for sign, sound in zip(word, sounds, strict=True)]
        else:
            found.append(_unit(word, word))
    return found, starts


def spells(pieces: Sequence[str], named: Sequence[Unit]) -> bool:
    """Whether each piece is its unit's character or begins its sound."""
    return len(pieces) <= len(named) and all(
        piece == unit.written or unit.sound.startswith(piece)
        for piece, unit in zip(pieces, named, strict=False)
    )


class Sounds:
    """Texts in their order of weight, those without Chinese left out of every answer."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.rows = [row for row, text in enumerate(texts) if has_chinese(text)]
        read = [units(texts[row]) for row in self.rows]
        self.units = [found for found, _ in read]
        starts = [places for _, places in read]
        self._initials = Prefixes(
            ["".join(unit.sound[0] for unit in found) for found in self.units], starts
        )
        self._whole = Prefixes(
            ["".join(unit.sound for unit in found) for found in self.units],
            [_letters(found, places) for found, places in read],
        )
        sounds = {unit.sound for found in self.units for unit in found}
        self._heads = {sound[:n] for sound in sounds for n in range(1, len(sound) + 1)}

    def find(self, typed: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The texts that begin with what `typed` spells, and those of which a later word does.

        Each is there once, in the order of weight. Each syllable may be cut off anywhere: `shouji`,
        `sj`, `shouj` and `手j` all spell 手机. A text typed in Chinese finds what sounds the same.
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
                known = (owner, start == 0) in places
                if not known and spells(pieces, self.units[owner][start : start + len(pieces)]):
                    places.add((owner, start == 0))
        begun = {owner for owner, first in places if first}
        later = {owner for owner, first in places if not first} - begun
        return self._texts(begun), self._texts(later)

    def _texts(self, owners: Iterable[int]) -> NDArray[np.intp]:
        return np.array([self.rows[owner] for owner in sorted(owners)], dtype=np.intp)

    def _spellings(self, signs: str) -> list[tuple[tuple[str, ...], str]]:
        """Each way to cut `signs` into at least two pieces, with the units' first letters."""
        if has_chinese(signs) and all(map(has_chinese, signs)):
            pieces = tuple(lazy_pinyin(signs))
            return [(pieces, "".join(piece[0] for piece in pieces))] if len(pieces) > 1 else []
        found: list[tuple[tuple[str, ...], str]] = []
        for pieces, initials in self._cut(signs, (), ""):
            if len(pieces) > 1:
                found.append((pieces, initials))
            if len(found) == MOST_SPELLINGS:
                break
        return found

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


def _letters(found: Sequence[Unit], places: Sequence[int]) -> list[int]:
    """Where in the joined sounds each of the places is."""
    ends = np.cumsum([0, *(len(unit.sound) for unit in found)])
    return [int(ends[place]) for place in places]


@cache
def _unit(written: str, sound: str) -> Unit:
    return Unit(written, sound)


@cache
def _unit_of(sign: str) -> Unit:
    return Unit(sign, lazy_pinyin(sign)[0])
