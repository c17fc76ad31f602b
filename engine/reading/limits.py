"""The limits of a file, and the errors for files beyond them."""

from pathlib import Path

from engine.errors import InputError, Problem

FILE_BYTES = 500_000_000  # uncompressed
ROWS = 5_000_000
# Nothing grows like a search log, and its rows are short and repeat: so many still load in 1.5 GB.
LOG_BYTES = 1_200_000_000
LOG_ROWS = 12_000_000
COLUMNS = 300
CELL_CHARACTERS = 1_000_000
NAME_CHARACTERS = 1_000  # of one column name: some surveys use whole questions
LISTED_PROBLEMS = 1_000  # further bad rows are counted, not listed
HEADER_ROW = 1_000  # the header stands within so many rows
SHOWN_CHARACTERS = 80  # of a cell, in a message
BROKEN_QUOTES = 1_000  # recovering from one takes up to a cell's length

# Real spreadsheets and logs are packed 5 to 40 times, a zip bomb up to 1,000 times.
RATIO = 150
RATIO_FREE_BYTES = 50_000_000  # small files are not checked

CHILD_MEMORY_BYTES = 3_000_000_000  # of private writable memory
CHILD_SECONDS = 300


def refuse(code: str, name: str, row: int | None = None, **params: object) -> InputError:
    """The error for the file that the user calls `name`; `code` is both message and detail."""
    problem = Problem(f"reader.{code}", file=name, row=row, params=params)
    return InputError(problem.code, [problem], file=name, row=row, **params)


def most_bytes(table: str | None) -> int:
    """How many bytes a file of `table` may have, uncompressed."""
    return LOG_BYTES if table == "searches" else FILE_BYTES


def most_rows(table: str | None) -> int:
    """How many rows a file of `table` may have."""
    return LOG_ROWS if table == "searches" else ROWS


def check_size(path: Path, name: str, table: str | None = None) -> None:
    """Raise InputError if `path` is not a readable file, or empty, or too big for `table`."""
    if not path.exists():
        raise refuse("missing", name)
    if not path.is_file():
        raise refuse("not_a_file", name)
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        raise refuse("no_access", name) from error
    if size == 0:
        raise refuse("empty", name)
    check_unpacked(size, size, name, table)


def check_unpacked(packed: int, unpacked: int, name: str, table: str | None = None) -> None:
    """Raise InputError if `unpacked` bytes are too many, or so for `packed` bytes (a bomb)."""
    most = most_bytes(table)
    if unpacked > most:
        raise refuse("too_big", name, limit_mb=most // 1_000_000)
    if unpacked > RATIO_FREE_BYTES and unpacked > RATIO * packed:
        raise refuse("bomb", name, ratio=RATIO)
