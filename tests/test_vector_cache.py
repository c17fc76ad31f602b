"""Texts are encoded once, as long as there is room for their vectors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.models.vector_cache import TextKind, VectorCache


class Encoder:
    """Gives a text its length as its vector, and notes what it was asked."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, TextKind]] = []

    def __call__(self, texts: Sequence[str], kind: TextKind) -> NDArray[np.float32]:
        self.texts += [(text, kind) for text in texts]
        return np.array([[len(text)] for text in texts], dtype=np.float32)


def test_a_text_is_encoded_once_a_kind() -> None:
    encoder = Encoder()
    cache = VectorCache(encoder)
    assert cache.of(["a", "bbb", "a"]).tolist() == [[1], [3], [1]]
    assert cache.of(["bbb", "cc"]).tolist() == [[3], [2]]
    cache.of(["a"], "passage")
    assert encoder.texts == [("a", "query"), ("bbb", "query"), ("cc", "query"), ("a", "passage")]


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    encoder = Encoder()
    cache = VectorCache(encoder, most=2)
    assert cache.of(["a", "bb", "ccc"]).tolist() == [[1], [2], [3]]
    cache.of(["bb"])
    cache.of(["dddd"])
    encoder.texts.clear()
    cache.of(["bb", "dddd"])
    assert not encoder.texts
    cache.of(["ccc"])
    assert encoder.texts == [("ccc", "query")]


def test_vectors_from_elsewhere_are_taken_in() -> None:
    encoder = Encoder()
    cache = VectorCache(encoder)
    cache.keep(["a"], np.array([[7]], dtype=np.float32))
    assert cache.of(["a"]).tolist() == [[7]]
    assert not encoder.texts
