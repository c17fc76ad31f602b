"""The files of one generation of tables: a Parquet file for each, and a record of where it is from.

See `engine.storage.generations` for what generations are.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypedDict

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from engine.storage.files import read_text, write_atomically, write_json
from engine.storage.generations import ABOUT
from engine.tables.schema import TABLES
from engine.tables.tables import Tables


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
    """Write one table, in the place of an older one."""
    write_atomically(folder / f"{name}.parquet", partial(_write_frame, frame))


def read_tables(folder: Path | None, language: str, names: Iterable[str] = TABLES) -> Tables:
    """The rows of these tables, as far as they are loaded, and the mappings of all."""
    records = read_records(folder)
    frames = {
        name: pd.read_parquet(folder / f"{name}.parquet")
        for name in names
        if folder is not None and name in records
    }
    mappings = {name: record["mapping"] for name, record in records.items() if "mapping" in record}
    return Tables(frames, language, mappings=mappings)


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


def _write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet; categoricals, which are how large files come, become texts."""
    if not any(isinstance(kind, pd.CategoricalDtype) for kind in frame.dtypes):
        frame.to_parquet(path, index=False)
        return
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    # The other columns hardly repeat: looking for that costs more than it saves.
    coded = [name for name, kind in frame.dtypes.items() if isinstance(kind, pd.CategoricalDtype)]
    pq.write_table(table, path, store_schema=False, use_dictionary=coded)
