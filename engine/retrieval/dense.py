"""Search by meaning, with product vectors on disk that follow the catalog."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.models.encoder import Encoder
from engine.models.quickening import quicken
from engine.models.vector_cache import TextKind
from engine.progress import Progress
from engine.ranking import Ranking
from engine.storage.files import write_atomically
from engine.tables.tables import Tables

# Exact search takes 5 ms for 50,000 products and 42 ms for 500,000; cells pay off above this.
EXACT_UP_TO = 100_000
PROBED_CELLS = 32


class DenseIndex:
    """Inner-product search over L2-normalised product vectors (cosine similarity)."""

    def __init__(
        self, product_ids: Sequence[str], hashes: Sequence[str], vectors: NDArray[np.float32]
    ) -> None:
        self.product_ids = list(product_ids)
        self.hashes = list(hashes)
        self.vectors = vectors
        self.rows = {product_id: row for row, product_id in enumerate(self.product_ids)}
        self.index = _index(vectors)

    def search(
        self, queries: NDArray[np.float32], k: int, keep: NDArray[np.bool_] | None = None
    ) -> list[Ranking]:
        """The `k` nearest products to each query vector, shape (queries, dimension).

        A mask `keep`, shape (products,), limits the search to the products in it.
        """
        candidates = len(self.product_ids) if keep is None else int(keep.sum())
        if not candidates:
            return [Ranking([], []) for _ in queries]
        parameters = None if keep is None else _only(self.index, keep)
        scores, rows = self.index.search(queries, min(k, candidates), params=parameters)
        # If an inverted index finds fewer than `k`, faiss fills up with row -1.
        hits = [
            (score[row >= 0].tolist(), row[row >= 0])
            for score, row in zip(scores, rows, strict=True)
        ]
        return [Ranking([self.product_ids[n] for n in row], score) for score, row in hits]

    def vectors_of(self, rows: Sequence[int] | NDArray[np.intp]) -> NDArray[np.float32]:
        """The vectors of products by their row, shape (rows, dimension)."""
        return self.vectors[rows]

    def cosine(self, query: NDArray[np.float32], product_id: str) -> float:
        """The cosine similarity of a query vector and a product."""
        return float(self.vectors[self.rows[product_id]] @ query)

    def save(self, folder: Path) -> None:
        """Write vectors and text hashes to `folder`, where `open_index` finds them."""
        save_vectors(folder, self.hashes, self.vectors)


def open_index(
    folder: Path | None,
    encoder: Encoder,
    product_ids: Sequence[str],
    texts: Sequence[str],
    progress: Progress,
    kind: TextKind = "passage",
) -> DenseIndex:
    """The index of `texts`; vectors in `folder` are reused and only new texts are encoded.

    `folder` stores a faiss index and the hash of each vector's text, and is rewritten after any
    change. Without a folder, or with one whose files are damaged, everything is encoded.
    """
    hashes = [hash_text(text) for text in texts]
    stored = read_vectors(folder) if folder else {}
    missing = sorted({text for text, name in zip(texts, hashes, strict=True) if name not in stored})
    quicken(encoder, missing)
    if missing:
        vectors = encoder.encode(missing, kind, progress)
        stored |= dict(zip(map(hash_text, missing), vectors, strict=True))
    stacked = np.stack([stored[name] for name in hashes]) if hashes else _empty(encoder)
    index = DenseIndex(product_ids, hashes, stacked)
    if folder is not None and (missing or len(stored) > len(set(hashes))):
        index.save(folder)
    return index


def vectors_folder(tables: Tables, encoder: Encoder) -> Path | None:
    """Where the vectors that a pretrained encoder makes of these tables are kept, if anywhere."""
    return tables.folder / encoder.fingerprint if tables.folder else None


def save_vectors(folder: Path, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Write the vectors of texts, shape (texts, dimension), and the hashes of these to `folder`."""
    stored = faiss.IndexFlatIP(vectors.shape[1])
    stored.add(vectors)
    # While the hashes are missing, nobody takes half-written vectors for an index.
    (folder / "texts.parquet").unlink(missing_ok=True)
    write_atomically(folder / "vectors.faiss", lambda path: faiss.write_index(stored, str(path)))
    frame = pd.DataFrame({"hash": hashes})
    write_atomically(folder / "texts.parquet", lambda path: frame.to_parquet(path, index=False))


def read_vectors(folder: Path) -> dict[str, NDArray[np.float32]]:
    """The vectors in `folder` by the hash of their text; none where files miss or are damaged."""
    hashes = read_hashes(folder)
    if not hashes:
        return {}
    try:
        index = faiss.read_index(str(folder / "vectors.faiss"))
        vectors = index.reconstruct_n(0, index.ntotal)
        return dict(zip(hashes, vectors, strict=True))
    # Faiss raises RuntimeError for a file it can't read, and `zip` ValueError for too few vectors.
    # Damaged vectors are made anew.
    except (RuntimeError, ValueError, OSError):
        return {}


def read_hashes(folder: Path) -> list[str]:
    """What the texts are known by whose vectors are in `folder`; none where a file is damaged."""
    try:
        return list(pd.read_parquet(folder / "texts.parquet")["hash"])
    # Arrow raises its kind of ValueError, or OSError, as for a file that is not there.
    except (ValueError, OSError):
        return []


def hash_text(text: str) -> str:
    """What a text is known by beside its vector, 128 bits in hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _index(vectors: NDArray[np.float32]) -> faiss.Index:
    dimension = vectors.shape[1]
    if len(vectors) <= EXACT_UP_TO:
        index: faiss.Index = faiss.IndexFlatIP(dimension)
    else:
        cells = int(4 * np.sqrt(len(vectors)))
        inverted = faiss.IndexIVFFlat(
            faiss.IndexFlatIP(dimension), dimension, cells, faiss.METRIC_INNER_PRODUCT
        )
        inverted.train(vectors)
        inverted.nprobe = PROBED_CELLS
        index = inverted
    index.add(vectors)
    return index


def _only(index: faiss.Index, keep: NDArray[np.bool_]) -> faiss.SearchParameters:
    # The type hints describe the C++ API; in Python the constructors take names and arrays.
    selector = faiss.IDSelectorBitmap(np.packbits(keep, bitorder="little"))  # type: ignore[call-arg, arg-type]
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(sel=selector, nprobe=PROBED_CELLS)  # type: ignore[call-arg]
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]


def _empty(encoder: Encoder) -> NDArray[np.float32]:
    return np.empty((0, encoder.dimension), dtype=np.float32)
