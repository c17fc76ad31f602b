"""One limit of memory over all files that a server parses at a time, whoever brings them."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import InputError
from engine.reading import limits
from engine.settings import home, host_limits
from engine.storage.lock import take

# How long a file waits for its turn, and how often it asks for it.
WAIT_SECONDS = 120.0
ASK_SECONDS = 0.1
_MB = 1_000_000


@contextlib.contextmanager
def parsing_turn() -> Iterator[None]:
    """Hold one of the server's turns to parse a file while the block runs.

    A lock on disk stands for each turn, so a process that dies gives its turn back. Raises
    InputError if none becomes free in `WAIT_SECONDS`.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while (turn := _take_any(turns())) is None:
        if time.monotonic() >= deadline:
            raise InputError("reader.busy")
        time.sleep(ASK_SECONDS)
    path, lock = turn
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


def turns() -> int:
    """How many files may be parsed at a time, each with all the memory that one may take."""
    allowed = host_limits().parsing_mb * _MB or _memory() // 2
    return max(1, allowed // limits.CHILD_MEMORY_BYTES)


def _memory() -> int:
    """The bytes of this machine's memory."""
    if hasattr(os, "sysconf"):  # a child need not wait for psutil to be imported
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    import psutil

    return int(psutil.virtual_memory().total)


def _take_any(count: int) -> tuple[Path, int] | None:
    """The file of a turn that is free, and the lock on it."""
    for number in range(count):
        path = home() / f".parsing-{number}.lock"
        lock = take(path)
        if lock is None:
            continue
        # Whoever had the turn before may have deleted the file in between.
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), path.stat()):
                return path, lock
        os.close(lock)
    return None
