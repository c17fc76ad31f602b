"""The vectors of texts, kept: what was encoded once is not encoded again."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Literal, cast

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

TextKind = Literal["query", "passage"]
Encode = Callable[[Sequence[str], TextKind], NDArray[np.float32]]

MOST = 20_000


class VectorCache:
    """An encoder's vectors of the last `most` texts, each of length 1; any thread may ask."""

    def __init__(self, encode: Encode, most: int = MOST) -> None:
        self._encode = encode
        self._kept: LRUCache[tuple[str, TextKind], NDArray[np.float32]] = LRUCache(most)
        self._lock = Lock()

    def of(self, texts: Sequence[str], kind: TextKind = "query") -> NDArray[np.float32]:
        """The vectors of texts, shape (texts, dimension); there must be a text."""
        with self._lock:
            kept = {text: self._kept.get((text, kind)) for text in texts}
        missing = [text for text, vector in kept.items() if vector is None]
        if missing:
            # Outside the lock, so that texts of several threads can be encoded together.
            vectors = self._encode(missing, kind)
            self.keep(missing, vectors, kind)
            kept |= dict(zip(missing, vectors, strict=True))
        return np.stack([cast(NDArray[np.float32], kept[text]) for text in texts])

    def keep(
        self, texts: Sequence[str], vectors: NDArray[np.float32], kind: TextKind = "query"
    ) -> None:
        """Take in vectors that are known from elsewhere, one for each of `texts`."""
        with self._lock:
            self._kept.update(zip(((text, kind) for text in texts), vectors, strict=True))
