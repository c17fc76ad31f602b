"""Values that a text states in their own words: what any model of attributes has to beat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.labelling.labels import OTHER
from engine.tables.categories import leaf
from engine.text.words import normalise, words

# What is left for the other values once a text states one.
DOUBT = 0.1


@dataclass(frozen=True)
class Read:
    """A text as it is searched for values: its letters in one form, and its words' stems."""

    plain: str
    terms: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read `text`."""
        return cls(f" {normalise(text)} ", frozenset(words(text)))


class StatedValues:
    """Finds which values of an attribute stand in a text, letter by letter or as words."""

    def __init__(self, values: Sequence[str]) -> None:
        self.forms = ["" if value == OTHER else normalise(leaf(value)) for value in values]
        self.terms = [frozenset(words(form)) for form in self.forms]

    def lengths(self, text: Read) -> NDArray[np.float64]:
        """Per value how many of its letters the text states: all of them, or none."""
        pairs = zip(self.forms, self.terms, strict=True)
        found = [len(form) if _stands(form, terms, text) else 0 for form, terms in pairs]
        return np.array(found, dtype=float)


def _stands(form: str, terms: frozenset[str], text: Read) -> bool:
    # Chinese writes no spaces, and a Latin value inside a longer word would be a chance hit.
    letters = (f" {form} " if form.isascii() else form) in text.plain
    return bool(form) and (letters or (bool(terms) and terms <= text.terms))


def stated_probabilities(
    texts: Sequence[str],
    labels: Mapping[str, Sequence[str]],
    shares: Mapping[str, Sequence[float]],
) -> dict[str, NDArray[np.float64]]:
    """Per head the probabilities `(texts, labels)`: the longest stated value, else the `shares`.

    `shares` are the labels' parts of the training rows.
    """
    read = [Read.of(text) for text in texts]
    found = {}
    for head, names in labels.items():
        stated = StatedValues(names)
        prior = np.asarray(shares[head], dtype=float)
        # Squared, so that "dark blue" wins over "blue".
        votes = np.array([stated.lengths(text) for text in read]).reshape(-1, len(names)) ** 2
        total = votes.sum(axis=1, keepdims=True)
        mixed = (1 - DOUBT) * votes / np.maximum(total, 1) + DOUBT * prior
        found[head] = np.where(total > 0, mixed, prior)
    return found
