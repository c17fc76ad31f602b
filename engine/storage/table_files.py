"""The files of one generation of tables: a Parquet file for each, and a record of where it is from.

See `engine.storage.generations` for what generations are.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.storage.files import read_text, write_atomically, write_json
from engine.storage.generations import ABOUT
from engine.storage.stored_frames import MOST_READ, StoredFrames
from engine.tables.tables import Tables

# The rows that are written at a time.
GROUP_ROWS = 1_000_000


class TableOrigin(TypedDict, total=False):
    """The file that a table was loaded from: its name, the mapping, and how many rows it gave."""

    source: str
    mapping: Mapping[str, str]
    preset: str | None
    file_rows: int
    kept: int
    rejected: int


class TableRecord(TableOrigin):
    """An entry of `tables.json`; `loaded` is in epoch seconds."""

    rows: int
    loaded: float


def read_records(folder: Path | None) -> dict[str, TableRecord]:
    """The record of each table; there are none without a folder."""
    text = read_text(folder / ABOUT) if folder else None
    return {} if text is None else json.loads(text)


def write_records(folder: Path, records: Mapping[str, TableRecord]) -> None:
    """Write the records of all tables."""
    write_json(folder / ABOUT, records)


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table, in the place of an older one.

    One of which only the latest rows are read is written in the order of time, if it has times.
    """
    order = None
    if len(frame) > MOST_READ.get(name, len(frame)) and not frame["time"].is_monotonic_increasing:
        # A row without a time stands before all others.
        order = np.argsort(frame["time"].to_numpy().view(np.int64), kind="stable")
    write_atomically(folder / f"{name}.parquet", partial(_write_frame, frame, order))


def open_tables(folder: Path | None, language: str) -> Tables:
    """The loaded tables, each read when it is first asked for, and their mappings."""
    records = read_records(folder)
    paths = {name: folder / f"{name}.parquet" for name in records} if folder else {}
    mappings = {name: record["mapping"] for name, record in records.items() if "mapping" in record}
    return Tables(StoredFrames(paths), language, mappings=mappings)


def mark_of(folder: Path | None, language: str) -> str:
    """A hash of a shop's language and of all its tables; equal ones answer alike."""
    digest = hashlib.sha256(language.encode())
    for name, record in sorted(read_records(folder).items()):
        assert folder is not None  # noqa: S101 - without one there are no records
        mapping = json.dumps(record.get("mapping", {}), sort_keys=True)
        digest.update(f"{name} {mapping} ".encode())
        with (folder / f"{name}.parquet").open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:32]


def _write_frame(frame: pd.DataFrame, order: NDArray[np.intp] | None, path: Path) -> None:
    """Write a frame as Parquet; categoricals, which are how large files come, become texts.

    `order` are the places of its rows in the order in which they are written.
    """
    kinds = {str(name): kind for name, kind in frame.dtypes.items()}
    coded = [name for name, kind in kinds.items() if isinstance(kind, pd.CategoricalDtype)]
    if not coded:
        ordered = frame if order is None else frame.iloc[order]
        ordered.to_parquet(path, index=False, row_group_size=GROUP_ROWS)
        return
    # A table without rows has a group without any.
    starts = range(0, max(len(frame), 1), GROUP_ROWS)
    parts = (
        slice(start, start + GROUP_ROWS) if order is None else order[start : start + GROUP_ROWS]
        for start in starts
    )
    groups = (_as_arrow(frame.iloc[part], coded) for part in parts)
    first = next(groups)
    plain = [name for name in kinds if name not in coded]
    times = [name for name, kind in kinds.items() if kind.kind == "M"]
    with pq.ParquetWriter(
        path,
        first.schema,
        store_schema=False,
        # The other columns hardly repeat: looking for that costs more than it saves.
        use_dictionary=coded,
        # The least and the greatest text, which nobody asks for, take a third of the time.
        write_statistics=plain,
        # A log is in the order of time.
        column_encoding=dict.fromkeys(times, "DELTA_BINARY_PACKED"),
    ) as writer:
        for group in itertools.chain((first,), groups):
            writer.write_table(group)


def _as_arrow(rows: pd.DataFrame, coded: Iterable[str]) -> pa.Table:
    """The rows as a table of Arrow, where each of the `coded` columns has only its own texts."""
    table = pa.Table.from_pandas(rows.drop(columns=coded), preserve_index=False)
    texts = {name: _trim(rows[name]) for name in coded}
    columns = [texts[name] if name in texts else table.column(name) for name in rows]
    return pa.Table.from_arrays(columns, names=list(rows))


def _trim(cells: pd.Series) -> pa.DictionaryArray:
    """A coded column without the texts that none of its rows has."""
    coded = pa.array(cells.array)
    # Few different texts have shorter numbers, and no texts at all are a column without a type.
    numbers, texts = coded.indices.cast(pa.int32()), coded.dictionary.cast(pa.large_string())
    used = np.zeros(len(texts), dtype=bool)
    used[numbers.drop_null().to_numpy()] = True
    if not used.all():
        places = pa.array(np.cumsum(used, dtype=np.int32) - 1)
        numbers, texts = places.take(numbers), texts.filter(pa.array(used))
    return pa.DictionaryArray.from_arrays(numbers, texts)
