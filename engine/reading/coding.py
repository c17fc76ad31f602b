"""Codes columns whose cells repeat: each distinct text once, and a number for each cell.

A log of ten million events has a few hundred thousand queries and sessions. As texts they fill
gigabytes and every rule for cells is applied ten million times; coded, they fit in memory and a
rule reads each text once.
"""

from collections.abc import Callable, Collection, Sequence

import pyarrow as pa
import pyarrow.compute as pc

# A smaller table is not worth the trouble.
LEAST_ROWS = 100_000
# Columns of a larger one are read so many at a time.
THREADS = 2
# Of a column's first cells, so many may be distinct.
MOST_DISTINCT = 0.5
CODED = pa.dictionary(pa.int32(), pa.string())


def repeating(parts: Sequence[pa.Table]) -> frozenset[str]:
    """The columns of a table's first `parts` whose cells repeat enough to be coded."""
    most = MOST_DISTINCT * sum(part.num_rows for part in parts)
    texts: dict[str, list[pa.Array]] = {}
    for part in parts:
        for name in part.column_names:
            texts.setdefault(name, []).extend(map(distinct, part.column(name).chunks))
    counts = {
        name: pc.count_distinct(pa.chunked_array(arrays, pa.string())).as_py()
        for name, arrays in texts.items()
    }
    return frozenset(name for name, count in counts.items() if count <= most)


def code(table: pa.Table, names: Collection[str]) -> pa.Table:
    """The table with the columns `names` coded, as far as it has them, and the others plain."""
    for place, name in enumerate(table.column_names):
        column = table.column(name)
        if name in names and not is_coded(column):
            column = column.dictionary_encode().cast(CODED)
        elif name not in names and is_coded(column):
            column = column.cast(pa.string())
        table = table.set_column(place, name, column)
    return table


def distinct(array: pa.Array) -> pa.Array:
    """The texts of an array, each once if it is coded."""
    return array.dictionary if pa.types.is_dictionary(array.type) else array


def is_coded(column: pa.ChunkedArray) -> bool:
    """Whether the column is coded."""
    return bool(pa.types.is_dictionary(column.type))


def plain_bytes(table: pa.Table) -> int:
    """How many bytes the texts of a table have once no column is coded."""
    lengths = (map_distinct(column, pc.binary_length) for column in table.columns)
    return sum(pc.sum(length).as_py() or 0 for length in lengths)


def map_distinct(
    column: pa.ChunkedArray, change: Callable[[pa.Array], pa.Array]
) -> pa.ChunkedArray:
    """What `change` makes of each cell, applied to the distinct texts of a coded column only."""
    if not is_coded(column):
        return change(column)
    cells = column.combine_chunks()
    return pa.chunked_array([change(cells.dictionary).take(cells.indices)])


def blank_to_missing(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with blank cells missing; no blank text stays in the dictionary."""
    if not is_coded(column):
        blank = _is_blank(column)
        missing = pa.scalar(None, pa.string())
        return pc.if_else(blank, missing, column) if pc.any(blank).as_py() else column
    cells = column.combine_chunks()
    filled = pc.invert(_is_blank(cells.dictionary))
    if pc.all(filled).as_py():
        return pa.chunked_array([cells])
    numbers = pc.subtract(pc.cumulative_sum(pc.cast(filled, pa.int32())), pa.scalar(1, pa.int32()))
    numbers = pc.if_else(filled, numbers, pa.scalar(None, pa.int32()))
    kept = cells.dictionary.filter(filled)
    return pa.chunked_array([pa.DictionaryArray.from_arrays(numbers.take(cells.indices), kept)])


def _is_blank(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))
