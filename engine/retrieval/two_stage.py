"""Search by meaning in catalogs that are too large for the encoder to read whole.

Two stages: a static encoder that is distilled from it (`engine.models.static_encoder`) reads every
product, and its vectors lie compressed in cells on disk. What the encoder read to teach it is
kept. Of the first products that the cells give for a query, the encoder reads as many more as it
can while somebody waits (`engine.retrieval.reading_speed`).

Every answer follows from the catalog and the machine, not from what was asked before.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.models.encoder import Encoder
from engine.models.quickening import quicken
from engine.models.static_encoder import distil
from engine.models.vector_cache import VectorCache
from engine.progress import Progress
from engine.ranking import Ranking
from engine.retrieval.cells import Cells, Floats
from engine.retrieval.dense import DenseIndex
from engine.retrieval.known_vectors import KnownVectors
from engine.retrieval.reading_speed import (
    EXACT,
    count_readable,
    measure_reading,
    recall_reading,
    write_reading,
)
from engine.storage.files import read_text, write_json

Rows = NDArray[np.intp]
# The texts of the products in some rows of the catalog.
TextsOf = Callable[[Rows | slice], list[str]]

# So many products teach the static encoder.
TAUGHT_BY = 20_000
# So many of a query's products by static vectors are put in order, whatever number is asked for.
NEAREST = 100
# Texts in memory at a time.
BLOCK = 20_000


class TwoStageIndex:
    """A large catalog in the `cells` of its static vectors, with the encoder's own where `known`.

    `texts_of` has the texts of those products that `encoder` is to read, for which it takes
    `seconds_per_text`.
    """

    def __init__(
        self,
        product_ids: Sequence[str],
        texts_of: TextsOf,
        encoder: Encoder,
        cells: Cells,
        known: KnownVectors,
        seconds_per_text: float,
    ) -> None:
        self.product_ids = list(product_ids)
        self.cells = cells
        self.known = known
        self.seconds_per_text = seconds_per_text
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

        A product that is known, or among the first that are not and so are read now, has the
        encoder's cosine; the others that of the static vectors, moved by what the encoder adds on
        average to this query's. A mask `keep`, shape (products,), limits the search to those in it.
        """
        lists = self.cells.nearest(queries, max(k, NEAREST), keep)
        most = count_readable(self.seconds_per_text)
        wanted = [rows[~self.known.holds(rows)][:most] for rows, _ in lists]
        read = KnownVectors(*self._read_now(np.unique(np.concatenate(wanted))))
        rankings = []
        for query, (rows, scores), own in zip(queries, lists, wanted, strict=True):
            known = self.known.holds(rows)
            exact = known | np.isin(rows, own)
            cosines = scores.copy()
            cosines[known] = self.known.of(rows[known]) @ query
            cosines[exact & ~known] = read.of(rows[exact & ~known]) @ query
            if not exact.all():
                cosines[~exact] += (cosines - scores)[exact].mean()
            order = np.argsort(-cosines, kind="stable")
            ids = [self.product_ids[row] for row in rows[order]]
            rankings.append(Ranking(ids, cosines[order].tolist()).top(k))
        return rankings

    def _read_now(self, rows: Rows) -> tuple[Rows, Floats]:
        if not len(rows):
            return rows, np.empty((0, self.known.vectors.shape[1]), dtype=np.float32)
        return rows, self._read.of(self._texts_of(rows), "passage")

    def vectors_of(self, rows: Sequence[int] | Rows) -> Floats:
        """The static vectors of products by their row, shape (rows, dimension)."""
        return self.cells.vectors(rows)

    def cosine(self, query: Floats, product_id: str) -> float:
        """The cosine similarity of a query vector and a product that the encoder reads."""
        row = np.array([self.rows[product_id]])
        vectors = self.known.of(row) if self.known.holds(row).all() else self._read_now(row)[1]
        return float(vectors[0] @ query)

    def save(self, folder: Path) -> None:
        """Write the cells to `folder`, where `open_two_stage` finds them."""
        # While the fingerprint is missing, nobody takes these cells for those of the catalog.
        (folder / _ABOUT).unlink(missing_ok=True)
        self.cells.write(folder / _CELLS)
        self.known.write(folder)
        write_reading(folder, self.seconds_per_text)
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
    sought: Callable[[], Sequence[str]] = list,
) -> TwoStageIndex:
    """The index of the products whose texts `texts_of` has; that in `folder` if it is of the same.

    Without a folder, or with one whose files are damaged or of another catalog, all is made anew:
    the encoder reads `taught_by` of the products, and a static encoder that is distilled from that
    reads all. Half of what the encoder reads are the first products of `sought()`, as far as
    there are such; the others are drawn at random but the same each time.
    """
    count = len(product_ids)
    stored = _stored(folder, texts_of, count)
    if folder is not None and stored:
        cells, known = stored
        quicken(encoder, [])

        def measure() -> float:
            return measure_reading(encoder, _batch(texts_of, known.rows))

        speed = recall_reading(folder, measure)
        return TwoStageIndex(product_ids, texts_of, encoder, cells, known, speed)
    known = _read(encoder, product_ids, texts_of, progress, taught_by, sought())
    sample = texts_of(known.rows)
    static = distil(encoder, sample, known.vectors, progress)

    def encode_all() -> Iterator[Floats]:
        for block in _blocks(count):
            progress.check()
            progress.stage("encode", block.start, count)
            yield static.encode(texts_of(block))

    cells = Cells.build(static.encode(sample), encode_all())
    speed = measure_reading(encoder, _batch(texts_of, known.rows))
    index = TwoStageIndex(product_ids, texts_of, encoder, cells, known, speed)
    if folder is not None:
        index.save(folder)
        # Mapped vectors take no memory that others need.
        mapped = Cells.read(folder / _CELLS), KnownVectors.read(folder)
        index = TwoStageIndex(product_ids, texts_of, encoder, *mapped, speed)
    return index


def _read(
    encoder: Encoder,
    product_ids: Sequence[str],
    texts_of: TextsOf,
    progress: Progress,
    count: int,
    sought: Sequence[str],
) -> KnownVectors:
    """The vectors of `count` products of different texts, half of which are `sought`."""
    wanted = set(sought[: count // 2])
    first = [row for row, product_id in enumerate(product_ids) if product_id in wanted]
    drawn = np.random.default_rng(0).permutation(len(product_ids))
    others = drawn[~np.isin(drawn, first)][: count - len(first)]
    rows = np.sort(np.concatenate([np.array(first, dtype=np.intp), others]))
    texts = texts_of(rows)
    # The first product of each text: to learn from the same twice only takes longer.
    places = sorted({text: place for place, text in reversed([*enumerate(texts)])}.values())
    different = [texts[place] for place in places]
    quicken(encoder, different)
    vectors = encoder.encode(different, "passage", progress)
    return KnownVectors(rows[places], vectors)


def _batch(texts_of: TextsOf, rows: Rows) -> list[str]:
    """The texts of so many of `rows` as are read at most, from all over the catalog."""
    return texts_of(rows[:: max(1, len(rows) // EXACT)][:EXACT])


def _stored(
    folder: Path | None, texts_of: TextsOf, count: int
) -> tuple[Cells, KnownVectors] | None:
    """What is in `folder`; None where there is nothing of these texts, or it is damaged."""
    about = read_text(folder / _ABOUT) if folder else None
    if folder is None or about is None:
        return None
    try:
        if json.loads(about)["texts"] != _fingerprint(texts_of, count):
            return None
        return Cells.read(folder / _CELLS), KnownVectors.read(folder)
    # Faiss raises RuntimeError for a file that it cannot read.
    except (OSError, RuntimeError, ValueError, KeyError, TypeError):
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
