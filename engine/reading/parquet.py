"""Reads Parquet files, which must only be parsed in the limited child process."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.reading import limits
from engine.reading.columns import BATCH_ROWS, TextColumns, number_to_text
from engine.reading.limits import check_unpacked, refuse


def parse_parquet(path: Path, columns: TextColumns) -> None:
    """Read the file into `columns`; rows count from 1, and nested values become JSON text.

    Raises InputError if the file cannot be read at all.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check(file.metadata, path, columns)
            columns.set_header(file.schema_arrow.names)
            row = 1
            for batch in file.iter_batches(BATCH_ROWS):
                batch.validate(full=True)  # texts may be no UTF-8
                rows = range(row, row + batch.num_rows)
                columns.append_arrays(rows, [_to_text(array) for array in batch.columns])
                row = rows.stop
                columns.tell(row / (file.metadata.num_rows + 1))
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, MemoryError):
            raise
        raise refuse("damaged", columns.name, format="Parquet") from error


def _check(metadata: pq.FileMetaData, path: Path, columns: TextColumns) -> None:
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    check_unpacked(path.stat().st_size, unpacked, columns.name, columns.table)
    most = limits.most_rows(columns.table)
    if metadata.num_rows > most:
        raise refuse("too_many_rows", columns.name, limit=most)


def _to_text(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _to_text(array.dictionary_decode())
    if pa.types.is_nested(kind):
        return _texts([None if value is None else _dump(value) for value in array.to_pylist()])
    if pa.types.is_floating(kind):  # pandas stores integers with gaps as floats
        return _texts(
            [None if value is None else number_to_text(value) for value in array.to_pylist()]
        )
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        values = array.to_pylist()
        return _texts(
            [None if value is None else value.decode(errors="replace") for value in values]
        )
    return pc.cast(array, pa.string())


def _texts(values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
