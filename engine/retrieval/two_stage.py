"""Search by meaning in catalogs that are too large for the encoder to read whole.

Two stages: a static encoder that is distilled from it (`engine.models.static_encoder`) reads every
product, and its vectors lie compressed in cells on disk. The first products that they give for a
query are read by the encoder itself, and come in its order. What it read is kept for other queries.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.models.encoder import Encoder
from engine.models.static_encoder import distil
from engine.models.vector_cache import VectorCache
from engine.progress import Progress
from engine.ranking import Ranking
from engine.retrieval.cells import Cells, Floats
from engine.retrieval.dense import DenseIndex
from engine.storage.files import read_text, write_json

Rows = NDArray[np.intp]
# The texts of the products in some rows of the catalog.
TextsOf = Callable[[Rows | slice], list[str]]

# So many products teach the static encoder.
TAUGHT_BY = 20_000
# So many of a query's first products are read by the encoder: a batch, 0.2 s of a core with AMX.
EXACT = 32
# Texts in memory at a time.
BLOCK = 20_000


class TwoStageIndex:
    """A large catalog in the `cells` of its static vectors.

    `texts_of` has the texts of those products that `encoder` is to read.
    """

    def __init__(
        self, product_ids: Sequence[str], texts_of: TextsOf, encoder: Encoder, cells: Cells
    ) -> None:
        self.product_ids = list(product_ids)
        self.cells = cells
        self._texts_of = texts_of
        self._read = VectorCache(encoder.encode)

    @cached_property
    def rows(self) -> dict[str, int]:
        """Where each product stands in the catalog."""
        return {product_id: row for row, product_id in enumerate(self.product_ids)}

    def search(
        self, queries: Floats, k: int, keep: NDArray[np.bool_] | None = None
    ) -> list[Ranking]:
        """The `k` nearest products to each of the encoder's query vectors, (queries, dimension).

        The first `EXACT` are in the encoder's order, with its cosines, the others below in that of
        the static vectors. A mask `keep`, shape (products,), limits the search to those in it.
        """
        lists = self.cells.nearest(queries, max(k, EXACT), keep)
        first = np.unique(np.concatenate([rows[:EXACT] for rows, _ in lists]))
        if not len(first):
            return [Ranking([], []) for _ in queries]
        vectors = self._read.of(self._texts_of(first), "passage")
        rankings = []
        for query, (rows, scores) in zip(queries, lists, strict=True):
            cosines = vectors[np.searchsorted(first, rows[:EXACT])] @ query
            order = np.argsort(-cosines, kind="stable")
            rest = np.minimum(scores[EXACT:], cosines.min(initial=1.0))
            ids = [self.product_ids[row] for row in (*rows[:EXACT][order], *rows[EXACT:])]
            rankings.append(Ranking(ids, [*cosines[order].tolist(), *rest.tolist()]).top(k))
        return rankings

    def vectors_of(self, rows: Sequence[int] | Rows) -> Floats:
        """The static vectors of products by their row, shape (rows, dimension)."""
        return self.cells.vectors(rows)

    def cosine(self, query: Floats, product_id: str) -> float:
        """The cosine similarity of a query vector and a product that the encoder reads."""
        texts = self._texts_of(np.array([self.rows[product_id]]))
        return float(self._read.of(texts, "passage")[0] @ query)

    def save(self, folder: Path) -> None:
        """Write the cells to `folder`, where `open_two_stage` finds them."""
        # While the fingerprint is missing, nobody takes these cells for those of the catalog.
        (folder / _ABOUT).unlink(missing_ok=True)
        self.cells.write(folder / _CELLS)
        write_json(folder / _ABOUT, {"texts": _fingerprint(self._texts_of, len(self.product_ids))})


ProductIndex = DenseIndex | TwoStageIndex
_CELLS, _ABOUT = "static.faiss", "static.json"


def open_two_stage(
    folder: Path | None,
    encoder: Encoder,
    product_ids: Sequence[str],
    texts_of: TextsOf,
    progress: Progress,
    taught_by: int = TAUGHT_BY,
) -> TwoStageIndex:
    """The index of the products whose texts `texts_of` has; that in `folder` if it is of the same.

    Without a folder, or with one whose files are damaged or of another catalog, all is made anew:
    the encoder reads `taught_by` of the products, drawn at random but the same each time, and a
    static encoder that is distilled from that reads all.
    """
    count = len(product_ids)
    cells = _stored(folder, texts_of, count)
    if cells:
        return TwoStageIndex(product_ids, texts_of, encoder, cells)
    drawn = np.random.default_rng(0).permutation(count)[:taught_by]
    sample = list(dict.fromkeys(texts_of(np.sort(drawn))))
    vectors = encoder.encode(sample, "passage", progress)
    static = distil(encoder, sample, vectors, progress)

    def encode_all() -> Iterator[Floats]:
        for block in _blocks(count):
            progress.check()
            progress.stage("encode", block.start, count)
            yield static.encode(texts_of(block))

    cells = Cells.build(static.encode(sample), encode_all())
    index = TwoStageIndex(product_ids, texts_of, encoder, cells)
    if folder is None:
        return index
    index.save(folder)
    # Mapped cells take no memory that others need.
    return TwoStageIndex(product_ids, texts_of, encoder, Cells.read(folder / _CELLS))


def _stored(folder: Path | None, texts_of: TextsOf, count: int) -> Cells | None:
    """The cells in `folder`; None where there are none of these texts, or damaged ones."""
    about = read_text(folder / _ABOUT) if folder else None
    if folder is None or about is None:
        return None
    try:
        if json.loads(about)["texts"] != _fingerprint(texts_of, count):
            return None
        return Cells.read(folder / _CELLS)
    # Faiss raises RuntimeError for a file that it cannot read.
    except (RuntimeError, ValueError, KeyError, TypeError):
        return None


def _fingerprint(texts_of: TextsOf, count: int) -> str:
    """A hash of all texts in their order."""
    digest = hashlib.blake2b(digest_size=16)
    for block in _blocks(count):
        for text in texts_of(block):
            encoded = text.encode()
            digest.update(len(encoded).to_bytes(8))
            digest.update(encoded)
    return digest.hexdigest()


def _blocks(count: int) -> Iterator[slice]:
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
