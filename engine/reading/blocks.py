"""Reads blocks of a delimited text at once, where that gives the same cells as record by record.

`engine.reading.records` reads any text, but takes microseconds a record. Most blocks of a large
file are clean: each quotation mark begins or ends a cell or is doubled inside one, no line is
blank, and every record has the same number of cells. Such a block is read by Arrow; one that fails
any of these tests is left to the careful reader.
"""

import io
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from engine.reading import limits
from engine.reading.coding import CODED, distinct
from engine.reading.records import Dialect

_QUOTE, _NEWLINE, _RETURN = b'"\n\r'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# So many blocks are read at a time, which takes as many processors, and so many wait beside them.
_THREADS = 2
_WAITING = 32

# The cells of a block by columns, or None if it is not clean.
Cells = list[pa.Array] | None


class Blocks:
    """The lines of a text, which can be taken in blocks, or one by one from a block on.

    `parts` are whole lines in UTF-8, as `engine.reading.encoding.read_blocks` gives them.
    `at_border` says whether the lines that were taken one by one are those of whole blocks.
    """

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._part = b""
        self._cells: Future[Cells] | None = None
        self._taken = 0
        self._ahead: deque[tuple[bytes, Future[Cells]]] = deque()
        self._threads = ThreadPoolExecutor(_THREADS)
        self._read: Callable[[bytes], Cells] | None = None
        self.at_border = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)

    def take(self, read: Callable[[bytes], Cells]) -> tuple[bytes, Cells]:
        """The next block, empty at the end of the text, and its cells as `read` gives them.

        From the first call on, parts are read in threads before they are taken.
        """
        self._read = read
        if not self._holds_more():
            return b"", None
        block = self._part[self._taken :] if self._taken else self._part
        cells = self._cells.result() if self._cells and not self._taken else read(block)
        self._taken = len(self._part)
        return block, cells

    def lines(self, block: bytes) -> Iterator[str]:
        """The lines of a block, and those behind it as far as they are asked for."""
        while True:
            # "\r" alone ends a line, too.
            lines = list(io.StringIO(block.decode("utf-8", "surrogatepass"), newline=""))
            for number, line in enumerate(lines, start=1):
                self.at_border = number == len(lines)
                yield line
            if not self._holds_more():
                return
            end = self._part.find(b"\n", self._taken) + 1 or len(self._part)
            block = self._part[self._taken : end]
            self._taken = end

    def _holds_more(self) -> bool:
        """Whether the text goes on; if so, there are bytes of the part that nobody took."""
        if self._taken == len(self._part):
            self._part, self._cells = self._next_part()
            self._taken = 0
        return bool(self._part)

    def _next_part(self) -> tuple[bytes, Future[Cells] | None]:
        if self._read is None:
            return next(self._parts, b""), None
        while len(self._ahead) <= _THREADS + _WAITING and (part := next(self._parts, b"")):
            self._ahead.append((part, self._threads.submit(self._read, part)))
        return self._ahead.popleft() if self._ahead else (b"", None)


def read_clean(block: bytes, dialect: Dialect, width: int, coded: Collection[int] = ()) -> Cells:
    """The cells of a block as an array of strings for each of `width` columns.

    Those at the places `coded` are coded (`engine.reading.coding`).
    None if the careful reader might read the block otherwise, and for bytes of another encoding.
    """
    if not _is_clean(block, dialect):
        return None
    names = [str(position) for position in range(width)]
    try:
        table = pacsv.read_csv(
            pa.py_buffer(block),
            # Each block has a thread already.
            pacsv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=True,
                ignore_empty_lines=False,
            ),
            pacsv.ConvertOptions(
                column_types={
                    name: CODED if place in coded else pa.string()
                    for place, name in enumerate(names)
                }
            ),
        )
    except pa.ArrowInvalid:  # a record of another width, or no UTF-8
        return None
    arrays = [column.combine_chunks() for column in table.columns]
    longest = max(pc.max(pc.binary_length(distinct(array))).as_py() for array in arrays)
    return arrays if longest <= limits.CELL_CHARACTERS else None


def _is_clean(data: bytes, dialect: Dialect) -> bool:
    """Whether no line is blank and every quotation mark is where it belongs."""
    if dialect.escape or not dialect.delimiter.isascii():
        return False
    if data[0] in (_NEWLINE, _RETURN) or data.startswith(_BYTE_ORDER_MARK):
        return False
    if b"\r" in data and (b"\n\r\n" in data or data.count(b"\r") != data.count(b"\r\n")):
        return False
    text = np.frombuffer(data, dtype=np.uint8)
    ends = text == _NEWLINE
    if (ends[1:] & ends[:-1]).any():
        return False
    return not dialect.quoted or _quotes_are_clean(text, ord(dialect.delimiter))


def _quotes_are_clean(text: NDArray[np.uint8], delimiter: int) -> bool:
    """Whether marks open and close in turn, at the borders of a cell or doubled inside one."""
    marks = np.flatnonzero(text == _QUOTE)
    if len(marks) % 2:
        return False
    opening, closing = marks[::2], marks[1::2]
    before = text[opening[1:] - 1] if len(marks) and opening[0] == 0 else text[opening - 1]
    after = (
        text[closing[:-1] + 1] if len(marks) and closing[-1] == len(text) - 1 else text[closing + 1]
    )
    return _are_borders(before, delimiter) and _are_borders(after, delimiter, _RETURN)


def _are_borders(signs: NDArray[np.uint8], *others: int) -> bool:
    """Whether all signs are the end of a line, a quotation mark or one of the `others`."""
    fits = (signs == _NEWLINE) | (signs == _QUOTE)
    for other in others:
        fits |= signs == other
    return bool(fits.all())
