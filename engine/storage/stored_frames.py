"""The tables of one generation on the disk, each read when somebody first asks for it."""

import itertools
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import IO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.storage.trouble import explained

# Of a longer search log the latest rows are read, however many there are on the disk: whoever reads
# it needs gigabytes for all of ten million, and nothing that is learned or shown needs them.
MOST_READ = {"searches": 5_000_000}


class StoredFrames(Mapping[str, pd.DataFrame]):
    """Frames by the names of their tables, kept once they are read.

    Of a table in `MOST_READ` they hold the latest rows. The files are opened at once, so that a
    generation that is deleted meanwhile can still be read.
    """

    def __init__(self, paths: Mapping[str, Path]) -> None:
        with ExitStack() as opened:
            self._files = {
                name: opened.enter_context(path.open("rb")) for name, path in paths.items()
            }
            weakref.finalize(self, opened.pop_all().close)
        self._frames: dict[str, pd.DataFrame] = {}
        # Whoever waits for one table must not wait for another.
        self._locks = {name: Lock() for name in paths}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """All columns of a table. Raises DiskTrouble where its file is damaged."""
        with self._locks[name]:
            if name not in self._frames:
                self._frames[name] = _read_latest(self._files[name], MOST_READ.get(name))
                self._files[name].close()
            return self._frames[name]

    def columns(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of a table; they are not kept where the table was not read as a whole."""
        with self._locks[name]:
            if name in self._frames:
                return self._frames[name][list(columns)]
            return _read_latest(self._files[name], MOST_READ.get(name), columns)

    def __contains__(self, name: object) -> bool:
        """Whether the table is on the disk; nothing is read to tell."""
        return name in self._locks

    def __iter__(self) -> Iterator[str]:
        """The names of the tables."""
        return iter(self._locks)

    def __len__(self) -> int:
        """How many tables there are."""
        return len(self._locks)


def read_first(path: Path, count: int) -> pd.DataFrame:
    """The first `count` rows of a Parquet file; no others are read."""
    with explained(), pq.ParquetFile(path) as file:
        batches = itertools.islice(file.iter_batches(count), 1)
        rows: pd.DataFrame = pa.Table.from_batches(batches, file.schema_arrow).to_pandas()
        return rows


def _read_latest(
    source: IO[bytes], most: int | None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The rows of a Parquet file, the last `most` of them if it has more."""
    names = None if columns is None else list(columns)
    with explained():
        source.seek(0)
        file = pq.ParquetFile(source)
        if most is None or file.metadata.num_rows <= most:
            source.seek(0)
            return pd.read_parquet(source, columns=names)
        first, count = file.num_row_groups, 0
        while count < most:
            first -= 1
            count += file.metadata.row_group(first).num_rows
        rows = file.read_row_groups(list(range(first, file.num_row_groups)), columns=names)
        latest: pd.DataFrame = rows.slice(count - most).to_pandas()
        return latest
