"""The vectors of texts, kept: what was encoded once is not encoded again."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

TextKind = Literal["query", "passage"]
Encode = Callable[[Sequence[str], TextKind], NDArray[np.float32]]

MOST = 20_000


class VectorCache:
    """An encoder's vectors of the last `most` texts, each of length 1."""

    def __init__(self, encode: Encode, most: int = MOST) -> None:
        self._encode = encode
        self._most = most
        self._kept: OrderedDict[tuple[str, TextKind], NDArray[np.float32]] = OrderedDict()

    def of(self, texts: Sequence[str], kind: TextKind = "query") -> NDArray[np.float32]:
        """The vectors of texts, shape (texts, dimension); there must be a text."""
        missing = [text for text in dict.fromkeys(texts) if (text, kind) not in self._kept]
        if missing:
            self.keep(missing, self._encode(missing, kind), kind)
        for text in texts:
            self._kept.move_to_end((text, kind))
        stacked = np.stack([self._kept[text, kind] for text in texts])
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return stacked

    def keep(
        self, texts: Sequence[str], vectors: NDArray[np.float32], kind: TextKind = "query"
    ) -> None:
        """Take in vectors that are known from elsewhere, one for each of `texts`."""
        self._kept.update(zip(((text, kind) for text in texts), vectors, strict=True))
