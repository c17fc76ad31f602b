"""Values that a text states in their own words: what any model of attributes has to beat."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.data.labels import OTHER
from engine.data.schema import CATEGORY_SEPARATOR
from engine.text.words import normalise, words

# What is left for the other values once a text states one.
DOUBT = 0.1


class StatedValues:
    """Finds which values of an attribute stand in a text, letter by letter or as words."""

    def __init__(self, values: Sequence[str]) -> None:
        self.forms = [
            None if value == OTHER else normalise(value.split(CATEGORY_SEPARATOR)[-1])
            for value in values
        ]
        self.terms = [frozenset(words(form)) if form else frozenset() for form in self.forms]

    def lengths(self, text: str) -> NDArray[np.float64]:
        """Per value how many of its letters the text states: all of them, or none."""
        plain, terms = f" {normalise(text)} ", frozenset(words(text))
        return np.array(
            [
                len(form) if form and _stands(form, plain, stems, terms) else 0
                for form, stems in zip(self.forms, self.terms, strict=True)
            ],
            dtype=float,
        )


def _stands(form: str, plain: str, stems: frozenset[str], terms: frozenset[str]) -> bool:
    # Chinese writes no spaces, and a Latin value inside a longer word would be a chance hit.
    letters = form in plain if not form.isascii() else f" {form} " in plain
    return letters or (bool(stems) and stems <= terms)


def stated_probabilities(
    texts: Sequence[str], labels: Mapping[str, Sequence[str]], shares: Mapping[str, Sequence[float]]
) -> dict[str, NDArray[np.float64]]:
    """Per head the probabilities `(texts, labels)`: the longest stated value, else the `shares`.

    `shares` are the labels' parts of the training rows.
    """
    found = {}
    for head, names in labels.items():
        stated = StatedValues(names)
        lengths = np.stack([stated.lengths(text) for text in texts])
        prior = np.asarray(shares[head], dtype=float)
        # Squared, so that "dark blue" wins over "blue".
        votes = lengths**2
        total = votes.sum(axis=1, keepdims=True)
        mixed = (1 - DOUBT) * votes / np.maximum(total, 1) + DOUBT * prior
        found[head] = np.where(total > 0, mixed, prior)
    return found
