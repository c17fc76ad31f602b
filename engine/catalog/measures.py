"""Columns of numbers with units, against what the products' texts say in numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.text.quantities import Quantity, quantities, unit_named

# Filled rows whose text gives exactly one such number, before their agreement says anything.
FEWEST = 5
# The share of a column's cells that must measure the same thing.
ONE_KIND = 0.8
# Of the products whose text gives such a number, the share that must have the column filled: a
# column of few kinds of products says nothing about the others.
ONE_IN = 0.2
# The share of all products that must have the column filled.
COVERED = 0.01


@dataclass(frozen=True)
class Measure:
    """A column of quantities and how far the texts can be trusted to say the same.

    `conflicts`: columns `row` (index of the product), `value` (the cell) and `stated` (the text's
    only number of that kind, as written). `fills`: `row` and `value` for empty cells. `agreement`:
    the share of filled rows with exactly one such number in the text where both are equal, which is
    the confidence of a fill; `checked` counts those rows.
    """

    name: str
    conflicts: pd.DataFrame
    fills: pd.DataFrame
    agreement: float
    checked: int


@dataclass(frozen=True)
class _Said:
    quantity: Quantity
    text: str


def read_measures(columns: Mapping[str, pd.Series], texts: pd.Series) -> list[Measure]:
    """The columns that hold quantities, each compared with the texts of the same index."""
    most = {name: cells for name, cells in columns.items() if len(cells) >= COVERED * len(texts)}
    kinds = {name: found for name, cells in most.items() if (found := _Cells.of(name, cells))}
    if not kinds:
        return []
    plain: dict[Any, str] = texts.to_dict()
    stated = _stated(plain)
    measures = [
        _compare(name, cells, stated.get(cells.dimension, {})) for name, cells in kinds.items()
    ]
    return [measure for measure in measures if measure.checked >= FEWEST]


def _stated(texts: Mapping[Any, str]) -> dict[str, dict[Any, _Said]]:
    """Per dimension what each text says, where it says only one thing of it."""
    found: dict[str, dict[Any, _Said]] = {}
    for row, text in texts.items():
        kinds: dict[str, list[Quantity]] = {}
        for quantity in quantities(text):
            kinds.setdefault(quantity.dimension, []).append(quantity)
        for kind, (first, *rest) in kinds.items():
            if all(first.equals(other) for other in rest):
                said = _Said(first, text[first.start : first.end].strip())
                found.setdefault(kind, {})[row] = said
    return found


@dataclass(frozen=True)
class _Cells:
    dimension: str
    quantities: Mapping[Any, Quantity]
    values: Mapping[Any, str]

    @classmethod
    def of(cls, name: str, values: pd.Series) -> "_Cells | None":
        """The quantities of a column, if most cells hold one of one kind; None otherwise."""
        unit = _unit_of(name)
        distinct = {text: _only(text, unit) for text in values.unique()}
        read = {row: q for row, text in values.items() if (q := distinct[text]) is not None}
        kinds = pd.Series([quantity.dimension for quantity in read.values()], dtype=object)
        counts = kinds[kinds != ""].value_counts()
        if counts.empty or counts.iloc[0] < ONE_KIND * len(values):
            return None
        kind = str(counts.index[0])
        kept = {row: q for row, q in read.items() if q.dimension == kind}
        return cls(kind, kept, values.to_dict())


def _unit_of(name: str) -> str:
    """The unit that a column's name ends with ("weight (g)", "capacity_ml", "容量/毫升")."""
    parts = re.findall(r"[^\W\d_]+", name)
    return parts[-1] if len(parts) > 1 and unit_named(parts[-1]) else ""


def _only(text: str, unit: str) -> Quantity | None:
    """The quantity that a cell is; None for a cell that says more, or nothing in numbers."""
    found = quantities(text)
    if len(found) == 1 and not found[0].unit and unit:
        found = quantities(f"{text} {unit}")
    rest = len(text) - (found[0].end - found[0].start) if found else 0
    return found[0] if len(found) == 1 and (unit or rest <= len(text) / 2) else None


def _compare(name: str, cells: _Cells, stated: Mapping[Any, _Said]) -> Measure:
    both = [row for row in cells.quantities if row in stated]
    equal = [cells.quantities[row].equals(stated[row].quantity) for row in both]
    apart = [row for row, same in zip(both, equal, strict=True) if not same]
    empty = [row for row in stated if row not in cells.values]
    if len(both) < ONE_IN * (len(both) + len(empty)):
        empty = []
    return Measure(
        name,
        pd.DataFrame(
            {
                "row": apart,
                "value": [cells.values[row] for row in apart],
                "stated": [stated[row].text for row in apart],
            }
        ),
        pd.DataFrame({"row": empty, "value": [stated[row].text for row in empty]}),
        sum(equal) / len(equal) if equal else 0.0,
        len(both),
    )
