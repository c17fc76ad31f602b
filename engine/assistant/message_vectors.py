"""Vectors of texts, kept; and when two texts are nearer in meaning than chance."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["query", "passage"]
Encode = Callable[[Sequence[str], Kind], NDArray[np.float32]]

KEPT = 20_000


class Vectors:
    """The encoder's vectors, of length 1; texts met before are not encoded again."""

    def __init__(self, encode: Encode) -> None:
        self._encode = encode
        self._kept: OrderedDict[tuple[str, Kind], NDArray[np.float32]] = OrderedDict()

    def of(self, texts: Sequence[str], kind: Kind = "query") -> NDArray[np.float32]:
        """The vectors of texts, shape (texts, dimension)."""
        missing = [text for text in dict.fromkeys(texts) if (text, kind) not in self._kept]
        if missing:
            found = self._encode(missing, kind)
            self._kept.update(zip(((text, kind) for text in missing), found, strict=True))
        stacked = np.stack([self._kept[text, kind] for text in texts])
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return stacked


class Likeness:
    """How much nearer texts are to a question than background texts are.

    Encoders differ in what a cosine similarity means, so it counts in standard deviations of the
    similarities between the question and the background.
    """

    def __init__(self, vectors: Vectors, background: Sequence[str]) -> None:
        self._vectors = vectors
        self._background = vectors.of(background, "passage") if background else None

    def of(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """The likeness of each text; 0 is usual."""
        if not texts or self._background is None:
            return np.zeros(len(texts))
        asked = self._vectors.of([question])[0]
        usual = self._background @ asked
        spread = float(usual.std()) or 1.0
        found = self._vectors.of(texts, "passage") @ asked
        return np.asarray((found - float(usual.mean())) / spread, dtype=float)

    def near(
        self, question: str, texts: Sequence[str], least: float
    ) -> Iterable[tuple[int, float]]:
        """The places of the texts of at least such a likeness, the nearest first."""
        found = self.of(question, texts)
        return [(int(at), float(found[at])) for at in np.argsort(-found) if found[at] >= least]
