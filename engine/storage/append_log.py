"""Logs of JSON lines: rows are only ever appended to them.

A kill in the middle of a write may leave half a line at the end. Readers leave it out, and the next
append cuts it off.
"""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path


class AppendLog:
    """The log in one file, which is made by the first append."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def rows(self) -> list[dict[str, object]]:
        """The rows in order, without lines that hold none.

        Such lines are in logs of older versions, which appended to half a line.
        """
        rows = []
        for line in self._lines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                rows.append(row)
        return rows

    def append(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Append all rows or, where the disk is full, none (OSError).

        The caller makes sure that nobody else appends at the same time.
        """
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        # Half a surrogate pair is the one thing in a text that UTF-8 has no bytes for.
        content = memoryview("".join(lines).encode("utf-8", "replace"))
        with self.file.open("a+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                end = sum(len(line) + 1 for line in self._lines())
                file.truncate(end)
            try:
                while content:
                    content = content[file.write(content) :]
                os.fsync(file.fileno())
            except OSError:
                file.truncate(end)
                raise

    def _lines(self) -> list[bytes]:
        """The whole lines without their ends."""
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return []
        # Not `splitlines`: a text may hold U+2028 and other characters that it takes for an end.
        return content.split(b"\n")[:-1]
