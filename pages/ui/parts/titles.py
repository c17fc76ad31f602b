"""Finds products by words of their titles."""

from collections.abc import Callable

from engine.text.words import normalise


def title_matcher(text: str) -> Callable[[str], bool]:
    """Tells whether a title holds every word of `text`; without words, every title does."""
    words = normalise(text).split()

    def matches(title: str) -> bool:
        folded = normalise(title) if words else ""
        return all(word in folded for word in words)

    return matches
