"""Collects the problems of a file and keeps the list readable, even with a million bad rows."""

import copy
from collections import Counter
from typing import Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import Problem

T = TypeVar("T", bound=np.generic)
# For each row, the number of its text among the distinct ones; -1 where there is none.
Codes = NDArray[np.int32]

SHOWN_PER_CODE = 50
_SHOWN_CHARACTERS = 80


class Findings:
    """Collects problems by row; of each code, the first 50 are listed and the others counted."""

    def __init__(self, file: str, rows: NDArray[np.int64]) -> None:
        self.file = file
        self.rows = rows
        self.listed: list[Problem] = []
        self.hidden: Counter[tuple[str, Literal["error", "warning"]]] = Counter()
        self.listed_by_code: Counter[str] = Counter()
        self.codes: Codes | None = None

    def of_distinct(self, codes: Codes) -> "Findings":
        """The same findings, told of distinct texts: text `codes[i]` stands in row i, -1: none."""
        findings = copy.copy(self)
        findings.codes = codes
        return findings

    def add(
        self,
        code: str,
        where: pd.Series | NDArray[np.bool_],
        column: str,
        values: pd.Series | None = None,
        *,
        severity: Literal["error", "warning"] = "error",
        **params: object,
    ) -> None:
        """Add a problem for each row of the mask `where`, with the text of `values` as `value`."""
        mask = np.asarray(where, dtype=bool)
        if self.codes is not None:
            mask = spread(mask, self.codes, False) if mask.any() else mask[:0]
        places = np.flatnonzero(mask)
        room = max(0, SHOWN_PER_CODE - self.listed_by_code[code])
        self.listed_by_code[code] += min(room, len(places))
        self.hidden[code, severity] += max(0, len(places) - room)
        for place in places[:room]:
            example = {} if values is None else {"value": shorten(values.iloc[self._text(place)])}
            self.listed.append(
                Problem(
                    code,
                    self.file,
                    int(self.rows[place]),
                    column,
                    {**example, **params},
                    severity,
                )
            )

    def note(self, code: str, column: str | None = None, **params: object) -> None:
        """Add a warning about the whole file or column."""
        self.listed.append(Problem(code, self.file, None, column, params, "warning"))

    def _text(self, place: int) -> int:
        return place if self.codes is None else int(self.codes[place])

    @property
    def problems(self) -> list[Problem]:
        """Errors first, in order of rows, then how many more problems there are of each code."""
        ordered = sorted(self.listed, key=lambda p: (p.severity != "error", p.row or 0))
        for (code, severity), count in self.hidden.items():
            if count:
                more = {"count": count, "kind": code}
                ordered.append(Problem("data.more", self.file, None, None, more, severity))
        return ordered


def spread(values: NDArray[T], codes: Codes, missing: object) -> NDArray[T]:
    """The value of each row from those of the distinct texts; `missing` where there is no text."""
    rows: NDArray[T] = np.append(values, np.array([missing], dtype=values.dtype))[codes]
    return rows


def shorten(value: object) -> str:
    """A cell's text, shortened for a message."""
    text = str(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
