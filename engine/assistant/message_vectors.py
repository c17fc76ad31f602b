"""When two texts are nearer in meaning than chance."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.models.vector_cache import VectorCache


class Likeness:
    """How much nearer texts are to a question than background texts are.

    Encoders differ in what a cosine similarity means, so it counts in standard deviations of the
    similarities between the question and the background.
    """

    def __init__(self, vectors: VectorCache, background: Sequence[str]) -> None:
        self._vectors = vectors
        self._background = vectors.of(background, "passage") if background else None

    def of(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """The likeness of each text; 0 is usual."""
        if not texts or self._background is None:
            return np.zeros(len(texts))
        vector = self._vectors.of([question])[0]
        usual = self._background @ vector
        spread = float(usual.std()) or 1.0
        similarities = self._vectors.of(texts, "passage") @ vector
        return np.asarray((similarities - float(usual.mean())) / spread, dtype=float)

    def near(
        self, question: str, texts: Sequence[str], least: float
    ) -> Iterable[tuple[int, float]]:
        """The places of the texts of at least such a likeness, the nearest first."""
        likeness = self.of(question, texts)
        return [
            (int(at), float(likeness[at])) for at in np.argsort(-likeness) if likeness[at] >= least
        ]
