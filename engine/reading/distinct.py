"""Reads the columns of a large file: each distinct text once, by the same rules as single cells.

Coded columns (`engine.reading.coding`) are categoricals in a frame. What is found in a text is told
of every row that has it, and the values of a coded column of texts are coded again.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.reading.coding import LEAST_ROWS, THREADS
from engine.reading.fields import read_field
from engine.reading.findings import Codes, spread
from engine.reading.sheet import Sheet
from engine.reading.time_columns import has_companion
from engine.tables.schema import Field

# How these are read depends on how often each text occurs.
_COUNTED = ("rating", "relevance", "sentiment")
PART_ROWS = 1_000_000
_MOMENT = len("2026-01-31 23:59:59")
_EARLIEST = pd.Timestamp("1971-01-01")


def is_coded(column: pd.Series) -> bool:
    """Whether the column of a frame is coded."""
    return isinstance(column.dtype, pd.CategoricalDtype)


def decoded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with plain texts in place of coded columns."""
    coded = [name for name in frame if is_coded(frame[name])]
    return frame.astype(dict.fromkeys(coded, "str")) if coded else frame


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The table as a frame of texts, with its coded columns as categoricals.

    pyarrow and pandas would make a Python string of each distinct text, which takes longer than all
    the rest.
    """
    columns = {name: _to_series(table.column(name)) for name in table.column_names}
    return pd.DataFrame(columns, copy=False)


def _to_series(column: pa.ChunkedArray) -> pd.Series:
    if not pa.types.is_dictionary(column.type):
        return pd.Series(column.to_pandas())
    cells = column.combine_chunks()
    texts = pd.Index(pd.array(cells.dictionary, dtype="str"))
    # In a dictionary no text stands twice; there is no public way to say so.
    dtype = pd.CategoricalDtype._from_fastpath(texts)  # type: ignore[attr-defined]
    codes = cells.indices.fill_null(-1).to_numpy()
    return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype), copy=False)


def read_columns(sheet: Sheet, fields: Sequence[Field]) -> Generator[pd.Series]:
    """The values of each field in turn, as `read_column` gives them; of a long file in threads.

    What is found is told in the order of the fields all the same.
    """
    if len(sheet.frame) < LEAST_ROWS:
        yield from (read_column(sheet, item) for item in fields)
        return
    threads = ThreadPoolExecutor(THREADS)
    try:
        asides = [sheet.aside() for _ in fields]
        columns = [threads.submit(read_column, *each) for each in zip(asides, fields, strict=True)]
        for aside, column in zip(asides, columns, strict=True):
            values = column.result()
            aside.tell()
            yield values
    finally:
        threads.shutdown(cancel_futures=True)


def read_column(sheet: Sheet, item: Field) -> pd.Series:
    """`read_field`, in the fastest way that gives the same values and findings."""
    column = sheet.mapping.fields.get(item.name)
    alone = column is not None and not sheet.mapping.fallbacks.get(item.name)
    alone = alone and not (item.name == "category" and sheet.mapping.levels)
    if column is None or not alone or item.kind == "json":
        return read_field(sheet, item)
    if item.kind == "time" and has_companion(sheet, column):
        return read_field(sheet, item)
    cells = sheet.frame[column]
    if is_coded(cells):
        counted = item.name in _COUNTED or sheet.mapping.table == "judgments"
        return read_field(sheet, item) if counted else _read_coded(sheet, item, column)
    if item.kind == "time" and (moments := read_moments(cells)) is not None:
        return moments.rename(item.name)
    return read_field(sheet, item)


def read_moments(cells: pd.Series) -> pd.Series | None:
    """Times that are all written as `2026-01-31 23:59:59`; None if one is not, or is unlikely."""
    moments = np.empty(len(cells), dtype="datetime64[us]")
    for start in range(0, len(cells), PART_ROWS):  # what a part takes is free for the next
        part = _read_moments(cells.iloc[start : start + PART_ROWS])
        if part is None:
            return None
        moments[start : start + PART_ROWS] = part
    return pd.Series(moments, index=cells.index, copy=False)


def _read_moments(cells: pd.Series) -> NDArray[np.datetime64] | None:
    texts = pa.chunked_array(pa.array(cells, pa.large_string()))
    if not pc.all(pc.equal(pc.binary_length(texts), _MOMENT)).as_py():
        return None
    try:
        moments = pc.cast(texts, pa.timestamp("us")).to_pandas()
    except pa.ArrowInvalid:
        return None
    usual = moments.isna() | moments.between(_EARLIEST, pd.Timestamp.now("UTC").tz_localize(None))
    return moments.to_numpy() if usual.all() else None


def _read_coded(sheet: Sheet, item: Field, column: str) -> pd.Series:
    cells = sheet.frame[column].cat
    codes = np.asarray(cells.codes, dtype=np.int32)
    texts = pd.Series(cells.categories, dtype="str", name=column)
    every = np.ones(len(texts), dtype=bool)
    findings = sheet.findings.of_distinct(codes)
    part = DistinctSheet(
        texts.to_frame(),
        findings,
        sheet.mapping,
        every,
        ~every,
        untold=sheet.untold,
        codes=codes,
        rows=sheet,
    )
    values = read_field(part, item)
    if values.equals(texts):
        return sheet.frame[column].rename(item.name)
    if item.kind in ("number", "time"):
        missing = np.nan if item.kind == "number" else np.datetime64("NaT")
        rows = spread(values.to_numpy(), codes, missing)
        return pd.Series(rows, name=item.name, copy=False)
    value_codes, kept = pd.factorize(values)
    row_codes = spread(value_codes.astype(np.int32), codes, -1)
    categories = pd.Index(kept, dtype="str")
    return pd.Series(pd.Categorical.from_codes(row_codes, categories), name=item.name)


@dataclass(kw_only=True)
class DistinctSheet(Sheet):
    """The distinct texts of one column; text `codes[i]` stands in row i of `rows`, -1: none."""

    codes: Codes
    rows: Sheet

    def leave_out(self, code: str, where: pd.Series, column: str) -> None:
        """Drop the rows with the texts `where`, with one warning."""
        if where.any():
            self.rows.leave_out(code, pd.Series(self._in_rows(where)), column)

    def distinct(self, cells: pd.Series) -> pd.Series:
        """The cells: they are distinct texts already."""
        return cells

    def count(self, where: pd.Series) -> int:
        """How many rows have the texts `where`."""
        return int(self._in_rows(where).sum())

    def by_distinct(self, cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
        """What `change` makes of the cells: they are distinct texts already."""
        return change(cells)

    def _reject(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        """Drop the rows with the texts `where`."""
        super()._reject(code, where, column, values, **params)
        self.rows.good &= ~self._in_rows(where)

    def _in_rows(self, where: pd.Series) -> NDArray[np.bool_]:
        return spread(where.to_numpy(dtype=bool), self.codes, False)
