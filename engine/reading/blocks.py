"""Reads blocks of a delimited text at once, where that gives the same cells as record by record.

`engine.reading.records` reads any text, but takes microseconds a record. Most blocks of a large
file are clean: each quotation mark begins or ends a cell or is doubled inside one, no line is
blank, and every record has the same number of cells. Such a block is read by Arrow; one that fails
any of these tests is left to the careful reader.
"""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from engine.reading import limits
from engine.reading.records import Dialect

# A block is read in parts of so many lines, until it is large enough.
PART_LINES = 1_000
BLOCK_CHARACTERS = 8_000_000
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Blocks:
    """The lines of a text, which can be taken in blocks, or one by one from a block on.

    `at_border` says whether the lines that were taken one by one are those of whole blocks.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.at_border = True

    def take(self) -> list[str]:
        """The next lines, empty at the end of the text."""
        block: list[str] = []
        characters = 0
        while characters < BLOCK_CHARACTERS:
            part = list(itertools.islice(self._lines, PART_LINES))
            if not part:
                break
            block += part
            characters += sum(map(len, part))
        return block

    def lines(self, block: list[str]) -> Iterator[str]:
        """The lines of a block, and those behind it as far as they are asked for."""
        self.at_border = not block
        for number, line in enumerate(block, start=1):
            self.at_border = number == len(block)
            yield line
        # `yield from` would close the text with this generator.
        while (further := next(self._lines, None)) is not None:
            yield further


def read_clean(block: list[str], dialect: Dialect, width: int) -> list[pa.Array] | None:
    """The cells of a block as an array of strings for each of `width` columns.

    None if the careful reader might read the block otherwise.
    """
    try:
        data = "".join(block).encode()
    except UnicodeEncodeError:  # a byte of another encoding
        return None
    if not _is_clean(data, dialect):
        return None
    names = [str(position) for position in range(width)]
    try:
        table = pacsv.read_csv(
            pa.py_buffer(data),
            pacsv.ReadOptions(column_names=names, block_size=len(data) + 1),
            pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=True,
                ignore_empty_lines=False,
            ),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:  # a record of another width
        return None
    arrays = [column.combine_chunks() for column in table.columns]
    longest = max(pc.max(pc.binary_length(array)).as_py() for array in arrays)
    return arrays if longest <= limits.CELL_CHARACTERS else None


def _is_clean(data: bytes, dialect: Dialect) -> bool:
    """Whether no line is blank and every quotation mark is where it belongs."""
    if dialect.escape or not dialect.delimiter.isascii():
        return False
    if data[0] in (_NEWLINE, _RETURN) or b"\n\n" in data or b"\n\r\n" in data:
        return False
    if data.count(b"\r") != data.count(b"\r\n") or data.startswith(_BYTE_ORDER_MARK):
        return False
    return not dialect.quoted or b'"' not in data or _quotes_are_clean(data, ord(dialect.delimiter))


def _quotes_are_clean(data: bytes, delimiter: int) -> bool:
    """Whether marks open and close in turn, at the borders of a cell or doubled inside one."""
    text = np.frombuffer(b"\n" + data + b"\n", dtype=np.uint8)
    marks = np.flatnonzero(text == _QUOTE)
    if len(marks) % 2:
        return False
    borders = np.zeros(256, dtype=bool)
    borders[[delimiter, _NEWLINE, _QUOTE]] = True
    opened = borders[text[marks[::2] - 1]].all()
    borders[_RETURN] = True
    return bool(opened and borders[text[marks[1::2] + 1]].all())
