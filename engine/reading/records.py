"""Reads the records of a delimited text; a broken quote costs one line, not the rest."""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.reading import limits


@dataclass(frozen=True)
class Dialect:
    """How a text is delimited.

    If `quoted`, cells may be in double quotes; `escape` is a character that escapes quotes, besides
    doubling them.
    """

    delimiter: str
    quoted: bool = True
    escape: str | None = None


@dataclass(frozen=True)
class BrokenRecord:
    """A line that cannot be read, and the code of the reason; `at_end` if the text ended in it."""

    code: str
    at_end: bool = False


def read_records(
    lines: "Iterable[str] | Rewindable", dialect: Dialect
) -> Iterator[list[str] | BrokenRecord]:
    """The records of `lines` in order; a blank line is an empty record.

    A quote that is never closed would swallow the lines up to the next quote or the end. Instead,
    its line is returned as broken, and reading goes on in the next line.
    """
    csv.field_size_limit(limits.CELL_CHARACTERS)
    rewindable = lines if isinstance(lines, Rewindable) else Rewindable(lines)
    while True:
        reader = csv.reader(
            rewindable.feed(),
            delimiter=dialect.delimiter,
            quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
            escapechar=dialect.escape,
            strict=True,
        )
        try:
            for cells in reader:
                rewindable.taken.clear()
                yield cells
            return
        except csv.Error as error:
            yield _explain(error, len(rewindable.taken))
            rewindable.give_back()


def _explain(error: csv.Error, lines: int) -> BrokenRecord:
    if "unexpected end" in str(error):
        return BrokenRecord("unclosed_quote", at_end=True)
    if lines > 1:
        return BrokenRecord("unclosed_quote")
    return BrokenRecord("long_cell" if "field limit" in str(error) else "stray_quote")


class Rewindable:
    """Lines that can be given back, except the first of the current record."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.taken: list[str] = []
        self.returned: deque[str] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether no line waits to be read once more."""
        return not self.taken and not self.returned

    def feed(self) -> Iterator[str]:
        """The lines that were given back, and those that follow."""
        while self.returned:
            line = self.returned.popleft()
            self.taken.append(line)
            yield line
        for line in self.lines:
            self.taken.append(line)
            yield line

    def give_back(self) -> None:
        """Let the lines of the current record be read once more, except the first."""
        self.returned.extendleft(reversed(self.taken[1:]))
        self.taken.clear()
