"""Postings of a large catalog: which products hold a word, counted in parts and merged on disk."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.text.words import words_of_all

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

# Postings in memory at a time, some 100 bytes each while they are merged.
MERGED = 1_000_000
# The names under which bm25s looks for the arrays of an index.
_DATA, _INDICES, _INDPTR = (f"{name}.csc.index.npy" for name in ("data", "indices", "indptr"))


class Postings(NamedTuple):
    """The postings of some words, sorted by word and row: `count` times `row` holds `word`."""

    words: Ints
    rows: Ints
    counts: Ints


class Columns(NamedTuple):
    """A value for each word and product that holds it, as the columns of a sparse matrix (CSC).

    Those of word `n` stand at `indptr[n]` to `indptr[n + 1]`: the products' rows in `indices`,
    ascending, and the values in `data`.
    """

    data: Floats
    indices: NDArray[np.int32]
    indptr: Ints


class CountedWords:
    """The words of products by field, counted in files of `folder`, a block of products at a time.

    In memory are one block, the vocabulary, and the number of words of each product.

    Source: blocked sort-based indexing (Manning, Raghavan and Schütze, "Introduction to Information
    Retrieval", 2008, section 4.2).
    """

    def __init__(self, folder: Path, fields: Sequence[str]) -> None:
        self.vocabulary: dict[str, int] = defaultdict(lambda: len(self.vocabulary))
        self._folder = folder
        self._lengths: dict[str, list[Ints]] = {field: [] for field in fields}
        # Where each block begins and the last ends in the file of a field.
        self._starts: dict[str, list[int]] = {field: [0] for field in fields}
        # How many postings each word has in all fields.
        self._sizes = np.zeros(0, dtype=np.int64)

    def add(self, texts: Mapping[str, Sequence[str]]) -> None:
        """Count the words of the next products, whose texts there are by field."""
        for field, of_products in texts.items():
            tokens = words_of_all(of_products)
            lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
            ids = (self.vocabulary[word] for word in chain.from_iterable(tokens))
            words = np.fromiter(ids, np.int64, int(lengths.sum()))
            first = sum(map(len, self._lengths[field]))
            rows = np.repeat(np.arange(first, first + len(tokens)), lengths)
            keys, counts = np.unique(words << 32 | rows, return_counts=True)
            for part, kind in ((keys, "keys"), (counts, "counts")):
                with self._file(field, kind).open("ab") as file:
                    part.tofile(file)
            self._lengths[field].append(lengths)
            self._starts[field].append(self._starts[field][-1] + len(keys))
            sizes = np.bincount(keys >> 32, minlength=len(self.vocabulary))
            sizes[: len(self._sizes)] += self._sizes
            self._sizes = sizes

    def lengths(self, fields: Iterable[str]) -> Ints:
        """How many words each product has in `fields` together, shape (products,)."""
        of_fields = [np.concatenate(self._lengths[field]) for field in fields]
        return np.asarray(np.sum(of_fields, axis=0))

    def merge(self, fields: Sequence[str]) -> Iterator[Postings]:
        """The postings of `fields` together, in parts that each hold all of some words."""
        ends = np.cumsum(self._sizes)
        cuts = np.searchsorted(ends, np.arange(MERGED, int(ends[-1:].sum()), MERGED)) + 1
        for first, last in pairwise(np.unique([0, *cuts, len(ends)]).tolist()):
            yield self._merge(fields, first, last)

    def _merge(self, fields: Sequence[str], first: int, last: int) -> Postings:
        """The postings of the words `first` to `last`, without the last."""
        parts = [part for field in fields for part in self._stored(field, first, last)]
        keys, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        new = np.flatnonzero(np.diff(keys, prepend=-1))
        counts = np.add.reduceat(counts, new) if len(new) else counts
        keys = keys[new]
        return Postings(keys >> 32, keys & 0xFFFFFFFF, counts)

    def _stored(self, field: str, first: int, last: int) -> Iterator[tuple[Ints, Ints]]:
        """The keys and counts of a field, block by block."""
        yield np.empty(0, np.int64), np.empty(0, np.int64)
        if self._starts[field][-1] == 0:
            return
        # Mapped anew for each part, so that no more than a part stays in memory.
        keys, counts = (
            np.memmap(self._file(field, kind), np.int64, "r") for kind in ("keys", "counts")
        )
        for start, end in pairwise(self._starts[field]):
            low, high = start + np.searchsorted(keys[start:end], [first << 32, last << 32])
            yield keys[low:high], counts[low:high]

    def _file(self, field: str, kind: str) -> Path:
        return self._folder / f"{field}.{kind}"


def write_columns(folder: Path, words: int, parts: Iterable[tuple[Postings, Floats]]) -> None:
    """Write the values of postings, sorted by word, as columns of a vocabulary of so many words."""
    folder.mkdir()
    sizes = np.zeros(words, dtype=np.int64)
    with (
        _GrowingArray(folder / _DATA, np.dtype(np.float32)) as data,
        _GrowingArray(folder / _INDICES, np.dtype(np.int32)) as indices,
    ):
        for postings, values in parts:
            data.append(values)
            indices.append(postings.rows)
            sizes += np.bincount(postings.words, minlength=words)
    np.save(folder / _INDPTR, np.concatenate([[0], np.cumsum(sizes)]))


def open_columns(folder: Path, words: int) -> Columns:
    """Map what `write_columns` wrote. Raises ValueError, EOFError or OSError for damaged files."""
    arrays = [np.load(folder / name, mmap_mode="r") for name in (_DATA, _INDICES, _INDPTR)]
    columns = Columns(*arrays)
    if not (
        len(columns.indptr) == words + 1
        and columns.indptr[-1] == len(columns.indices) == len(columns.data)
    ):
        raise ValueError(f"the arrays in {folder.name} do not belong together")
    return columns


class _GrowingArray:
    """A numpy file that is written part by part: its header leaves room for the length."""

    def __init__(self, path: Path, dtype: np.dtype[np.generic]) -> None:
        self._path, self._dtype, self._length = path, dtype, 0

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._path.open("wb")
        self._write_header()
        return self

    def append(self, part: NDArray[np.generic]) -> None:
        """Write the next values."""
        part.astype(self._dtype).tofile(self._file)
        self._length += len(part)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        descr, shape = npy.dtype_to_descr(self._dtype), (self._length,)
        header = {"descr": descr, "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(self._file, header)
