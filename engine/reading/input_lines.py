"""Lines of JSON that are inputs of a model, not rows of a table: the first bad one is refused."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from engine.errors import InputError

LINE_BYTES = 1_000_000


def read_json_lines(stream: BinaryIO, source: str) -> Iterator[tuple[int, object]]:
    """The line number, from 1, and the value of every line that is not blank.

    Lines end at line feeds alone. Raises InputError, naming `source` and the line, for one longer
    than `LINE_BYTES` and for one that is no JSON.
    """
    for row, line in enumerate(iter(lambda: stream.readline(LINE_BYTES + 1), b""), start=1):
        if len(line) > LINE_BYTES:
            raise InputError("reader.long_line", file=source, row=row, limit=f"{LINE_BYTES:,}")
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InputError("reader.broken_json_line", file=source, row=row) from error
        yield row, value
