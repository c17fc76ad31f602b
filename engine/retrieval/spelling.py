"""Corrects typing mistakes with the words that a shop uses."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import islice, product

from rapidfuzz import process
from rapidfuzz.distance import OSA

MOST_CANDIDATES = 4
MOST_CORRECTIONS = 12


def allowed(word: str) -> int:
    """How many mistakes are corrected in a word; short words resemble too many others."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def mistakes(typed: str, meant: str) -> int:
    """How many letters were added, omitted, changed or swapped with their neighbour.

    The optimal string alignment distance (Damerau 1964).
    """
    return int(OSA.distance(typed, meant))


class Spelling:
    """The words of a shop, with how often it uses each."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    def corrections(self, words: Sequence[str]) -> list[list[str]]:
        """Corrections of `words`, of which the last is still being typed; the likeliest first.

        Each word becomes one that the shop uses, and the last the beginning of one. Empty if a word
        cannot be corrected or if no word needs it.
        """
        choices = [self._whole(word) for word in words[:-1]] + [self._begun(words[-1])]
        readings = islice(product(*choices), MOST_CORRECTIONS)
        ranked = sorted(
            readings,
            key=lambda way: sum(mistakes(*pair) for pair in zip(words, way, strict=True)),
        )
        return [list(way) for way in ranked if list(way) != list(words)]

    def _whole(self, word: str) -> list[str]:
        return [word] if word in self.counts else self._near(word, self.counts, allowed(word))

    def _begun(self, word: str) -> list[str]:
        if word in self._heads(len(word)):
            return [word]
        most = allowed(word)
        near = {
            head
            for length in range(len(word) - most, len(word) + most + 1)
            for head in self._near(word, self._heads(length), most)
        }
        return self._best(word, near)

    def _near(self, word: str, among: Iterable[str], most: int) -> list[str]:
        if not most:
            return []
        matches = process.extract(
            word, list(among), scorer=OSA.distance, score_cutoff=most, limit=MOST_CANDIDATES * 4
        )
        return self._best(word, {choice for choice, *_ in matches})

    def _best(self, word: str, near: Iterable[str]) -> list[str]:
        counts = {**self._heads(len(word)), **self.counts}
        order = sorted(
            near, key=lambda meant: (mistakes(word, meant), -counts.get(meant, 0), meant)
        )
        return order[:MOST_CANDIDATES]

    def _heads(self, length: int) -> Mapping[str, int]:
        """The beginnings of this length, with how many words begin with each."""
        if length not in self._known:
            counts: dict[str, int] = {}
            for word, count in self.counts.items():
                if len(word) >= length:
                    counts[word[:length]] = counts.get(word[:length], 0) + count
            self._known[length] = counts
        return self._known[length]

    @cached_property
    def _known(self) -> dict[int, Mapping[str, int]]:
        return {}
