"""The problems found in one file, kept readable: a million bad rows give a page of them."""

from collections import Counter
from typing import Literal

import numpy as np
import pandas as pd

from engine.errors import Problem

SHOWN_PER_CODE = 50
_SHOWN_CHARACTERS = 80


class Findings:
    """Collects problems by row; after the first 50 of a code only their number is kept."""

    def __init__(self, file: str, rows: np.ndarray) -> None:
        self.file = file
        self.rows = rows
        self.found: list[Problem] = []
        self.hidden: Counter[tuple[str, Literal["error", "warning"]]] = Counter()
        self.shown: Counter[str] = Counter()

    def add(
        self,
        code: str,
        where: pd.Series | np.ndarray,
        column: str,
        values: pd.Series | None = None,
        *,
        severity: Literal["error", "warning"] = "error",
        **params: object,
    ) -> None:
        """One problem per row of the mask `where`; `values` gives the text shown as `value`."""
        places = np.flatnonzero(np.asarray(where, dtype=bool))
        room = max(0, SHOWN_PER_CODE - self.shown[code])
        self.shown[code] += min(room, len(places))
        self.hidden[code, severity] += max(0, len(places) - room)
        for place in places[:room]:
            shown = {} if values is None else {"value": shorten(values.iloc[place])}
            self.found.append(
                Problem(
                    code,
                    self.file,
                    int(self.rows[place]),
                    column,
                    {**shown, **params},
                    severity,
                )
            )

    def note(self, code: str, column: str | None = None, **params: object) -> None:
        """A warning about the file or one column as a whole."""
        self.found.append(Problem(code, self.file, None, column, params, "warning"))

    @property
    def problems(self) -> list[Problem]:
        """Errors first, each kind in row order, then how many more there are of each."""
        ordered = sorted(self.found, key=lambda p: (p.severity != "error", p.row or 0))
        for (code, severity), count in self.hidden.items():
            if count:
                more = {"count": count, "kind": code}
                ordered.append(Problem("data.more", self.file, None, None, more, severity))
        return ordered


def shorten(value: object) -> str:
    """A cell's text as a message shows it."""
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
