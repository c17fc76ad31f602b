"""Reads plain text that is no table: a row for each of its lines."""

import itertools
from pathlib import Path

from engine.reading.columns import TextColumns
from engine.reading.encoding import find_encoding, read_lines
from engine.reading.limits import CELL_CHARACTERS, refuse


def parse_lines(path: Path, columns: TextColumns, most: int) -> str:
    """Read the first `most` lines of the file into the column `text`; returns its encoding.

    Bytes of another encoding become question marks, and what is beyond a cell's length is cut off.
    Raises InputError for a file that is no text, or blank.
    """
    encoding = find_encoding(path, columns.name)
    columns.set_header(["text"])
    is_blank = True
    lines = itertools.islice(read_lines(path, encoding), most)
    for row, line in enumerate(lines, start=1):
        text = line[:CELL_CHARACTERS].rstrip("\r\n").encode("utf-8", "replace").decode()
        is_blank = is_blank and not text.strip()
        columns.append(row, [text])
    if is_blank:
        raise refuse("empty", columns.name)
    return encoding.codec
