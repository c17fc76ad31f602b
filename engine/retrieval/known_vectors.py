"""The encoder's own vectors of some products of a large catalog, by their row."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.storage.files import write_atomically

_ROWS, _VECTORS = "known_rows.npy", "known.npy"


@dataclass(frozen=True)
class KnownVectors:
    """`vectors`, shape (products, dimension), of the products in `rows`, which ascend."""

    rows: NDArray[np.intp]
    vectors: NDArray[np.float32]

    def holds(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of `rows` there is a vector of."""
        if not len(self.rows):
            return np.zeros(len(rows), dtype=bool)
        places = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
        return np.asarray(self.rows[places] == rows)

    def of(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors of `rows`, all of which it `holds`."""
        return np.asarray(self.vectors[np.searchsorted(self.rows, rows)])

    def write(self, folder: Path) -> None:
        """Write both to `folder`."""
        write_atomically(folder / _ROWS, partial(_save, self.rows))
        write_atomically(folder / _VECTORS, partial(_save, self.vectors))

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Map what `write` wrote. Raises OSError or ValueError for what is missing or damaged."""
        rows, vectors = np.load(folder / _ROWS), np.load(folder / _VECTORS, mmap_mode="r")
        if rows.ndim != 1 or vectors.ndim != 2 or len(rows) != len(vectors):
            raise ValueError(f"no vectors in {_VECTORS}")
        return cls(rows, vectors)


def _save(values: NDArray[Any], path: Path) -> None:
    # Given a name, numpy would append its own ending.
    with path.open("wb") as file:
        np.save(file, values)
