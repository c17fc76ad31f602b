"""What a process prints into a log file, and a full disk that must not end it for that."""

import io
import os
import sys
from typing import Any


class _Lossy(io.RawIOBase):
    """Writes to a file descriptor, and lets go of what the disk refuses."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, text: Any, /) -> int:
        try:
            return os.write(self._descriptor, text)
        except OSError:
            return memoryview(text).nbytes


def survive_full_logs() -> None:
    """From here on, what this process prints is lost where its log's disk is full.

    Otherwise a progress bar, or the traceback of an error, would raise another error.
    """
    for name in ("stdout", "stderr"):
        raw = _Lossy(getattr(sys, name).fileno())
        setattr(sys, name, _text(raw))


def _text(raw: io.RawIOBase) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )
