"""Attribute values that a text states literally: the baseline for models of attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.labelling.labels import OTHER
from engine.tables.categories import leaf
from engine.text.words import normalise, words

# The probability that is left for the other values if a text states one.
DOUBT = 0.1


@dataclass(frozen=True)
class IndexedText:
    """A text prepared to look for values in it: normalised, and as stems of words."""

    plain: str
    terms: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Prepare `text`."""
        return cls(f" {normalise(text)} ", frozenset(words(text)))


class StatedValues:
    """Finds the values of an attribute that a text contains, literally or as words."""

    def __init__(self, values: Sequence[str]) -> None:
        self.forms = ["" if value == OTHER else normalise(leaf(value)) for value in values]
        self.terms = [frozenset(words(form)) for form in self.forms]

    def lengths(self, text: IndexedText) -> NDArray[np.float64]:
        """The length of each value that the text states, 0 for the others."""
        pairs = zip(self.forms, self.terms, strict=True)
        lengths = [len(form) if _stands(form, terms, text) else 0 for form, terms in pairs]
        return np.array(lengths, dtype=float)


def _stands(form: str, terms: frozenset[str], text: IndexedText) -> bool:
    # Chinese has no spaces, but a Latin value inside a longer word would be a coincidence.
    letters = (f" {form} " if form.isascii() else form) in text.plain
    return bool(form) and (letters or (bool(terms) and terms <= text.terms))


def stated_probabilities(
    texts: Sequence[str],
    labels: Mapping[str, Sequence[str]],
    shares: Mapping[str, Sequence[float]],
) -> dict[str, NDArray[np.float64]]:
    """The probabilities of each head, shape (texts, labels), by the longest stated value.

    A text that states none gets `shares`, the share of each label in the training rows.
    """
    indexed = [IndexedText.of(text) for text in texts]
    probabilities = {}
    for head, names in labels.items():
        stated = StatedValues(names)
        prior = np.asarray(shares[head], dtype=float)
        # Squared, so that "dark blue" beats "blue".
        votes = np.array([stated.lengths(text) for text in indexed]).reshape(-1, len(names)) ** 2
        total = votes.sum(axis=1, keepdims=True)
        mixed = (1 - DOUBT) * votes / np.maximum(total, 1) + DOUBT * prior
        probabilities[head] = np.where(total > 0, mixed, prior)
    return probabilities
