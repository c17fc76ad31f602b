"""A file while its rows are cleaned: its cells, which rows are still good, and the findings."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.reading.findings import Findings
from engine.reading.mapping import ColumnMapping
from engine.reading.mending import mend_mojibake
from engine.reading.missing import find_missing
from engine.reading.texts import by_distinct, plain
from engine.tables.schema import Field

SHOWN_WORDS = 5


@dataclass
class Sheet:
    """The cells of a file, the rows that are still `good`, and what was found.

    Rows `left_out` are not good either, but nobody made a mistake: a product nobody has rated yet,
    a return among orders. `done` are the fields that are read. `untold` is what was found and is
    not told yet, where that has to wait for other columns.
    """

    frame: pd.DataFrame
    findings: Findings
    mapping: ColumnMapping
    good: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    done: dict[str, pd.Series] = field(default_factory=dict)
    untold: list[Callable[[], None]] | None = None

    def aside(self) -> "Sheet":
        """The same sheet for another thread: what is found there waits for `tell`."""
        return replace(self, untold=[])

    def tell(self) -> None:
        """Tell all that was found aside."""
        found, self.untold = self.untold, None
        for tell in found or ():
            tell()

    def note(self, code: str, column: str | None, **params: object) -> None:
        """Add a warning about the whole file or column."""
        self._found(partial(self.findings.note, code, column, **params))

    def reject(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        """Drop the rows `where` with an error for each."""
        if where.any():
            self._found(partial(self._reject, code, where, column, values, **params))

    def warn(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        """Keep the rows `where` with a warning for each."""
        if where.any():
            add = partial(self.findings.add, severity="warning")
            self._found(partial(add, code, where, column, values, **params))

    def leave_out(self, code: str, where: pd.Series, column: str) -> None:
        """Drop the rows `where`, which are expected to be unusable, with one warning."""
        if where.any():
            self._found(partial(self._leave_out, code, where, column))

    def _found(self, tell: Callable[[], None]) -> None:
        if self.untold is None:
            tell()
        else:
            self.untold.append(tell)

    def _reject(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        self.findings.add(code, where, column, values, severity="error", **params)
        self.good &= ~where.to_numpy(dtype=bool)

    def _leave_out(self, code: str, where: pd.Series, column: str) -> None:
        rows = where.to_numpy(dtype=bool) & self.good
        if rows.any():
            self.findings.note(code, column, count=int(rows.sum()))
            self.good &= ~rows
            self.left_out |= rows

    def by_distinct(self, cells: pd.Series, change: Callable[[pd.Series], pd.Series]) -> pd.Series:
        """What `change` makes of the cells, applied to each distinct text once."""
        return by_distinct(cells, change)

    def distinct(self, cells: pd.Series) -> pd.Series:
        """The cells without repetitions."""
        return cells.drop_duplicates()

    def count(self, where: pd.Series) -> int:
        """How many rows the mask `where` stands for."""
        return int(where.sum())

    def mend(
        self, code: str, column: str, cells: pd.Series, change: Callable[[pd.Series], pd.Series]
    ) -> pd.Series:
        """The cells after `change`, with a note of how many it changed."""
        distinct = self.distinct(cells)
        if change(distinct) is distinct:
            return cells
        mended = self.by_distinct(cells, change)
        changed = self.count(mended.fillna("") != cells.fillna(""))
        if not changed:
            return cells
        self.note(code, column, count=changed)
        return mended

    def cells(self, column: str, item: Field | None) -> pd.Series:
        """The tidy cells of a column, missing where a word such as NULL stands for that.

        `item` is the field that the column is read as, None for an attribute.
        """
        cells = self.frame[column].astype("str")
        if item is not None and item.kind in ("text", "long_text"):
            # The control characters that a wrong encoding made are needed to undo it.
            cells = self.mend("data.mojibake", column, cells, mend_mojibake)
        cells = self.by_distinct(cells, plain)
        missing = find_missing(cells, item)
        if not missing.any():
            return cells
        words = ", ".join(cells[missing].drop_duplicates().head(SHOWN_WORDS))
        self.note("data.words_for_missing", column, count=self.count(missing), words=words)
        return cells.mask(missing)
