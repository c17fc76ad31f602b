"""The vectors of queries, each encoded once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.models.encoder import Encoder
from engine.models.vector_cache import MOST, VectorCache
from engine.progress import Progress
from engine.retrieval.dense import open_index

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class QueryVectors:
    """Queries and their vectors; one row more than there are queries, for no query."""

    rows: Mapping[str, int]
    vectors: Floats


class QueryEncoder:
    """An encoder that keeps the vectors of past queries in the folder of the tables, if any."""

    def __init__(
        self, encoder: Encoder, folder: Path | None, past_queries: Sequence[str], progress: Progress
    ) -> None:
        self._dimension = encoder.dimension
        texts = sorted(set(past_queries) - {""})
        self._cache = VectorCache(encoder.encode, MOST + len(texts))
        if texts:
            place = folder / f"queries-{encoder.fingerprint}" if folder else None
            index = open_index(place, encoder, texts, texts, progress, "query")
            self._cache.keep(texts, index.vectors)

    def encode(self, queries: Sequence[str]) -> QueryVectors:
        """The vectors of the distinct queries; only what was never seen is encoded."""
        texts = [text for text in dict.fromkeys(queries) if text]
        vectors = list(self._cache.of(texts)) if texts else []
        no_query = np.zeros(self._dimension, dtype=np.float32)
        return QueryVectors(
            {text: row for row, text in enumerate(texts)}, np.stack([*vectors, no_query])
        )
