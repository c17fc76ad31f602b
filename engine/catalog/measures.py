"""Compares columns of quantities with the quantities in the products' texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.text.quantities import Quantity, quantities, unit_named

# Filled rows with exactly one such number in the text that make the agreement meaningful.
FEWEST = 5
# The share of a column's cells that must have the same dimension.
ONE_KIND = 0.8
# The share of the products with such a number in their text that must have the column filled: a
# column of few kinds of products does not apply to the others.
ONE_IN = 0.2
# The share of all products that must have the column filled.
COVERED = 0.01


@dataclass(frozen=True)
class Measure:
    """A column of quantities, and how well the texts agree with it.

    `conflicts` has columns `row` (index label of the product), `value` (the cell) and `stated` (the
    text's only number of that kind, as written). `fills` has `row` and `value` for empty cells.
    `checked` is the number of filled rows with exactly one such number in the text, and `agreement`
    the share of them in which it equals the cell, which is the confidence of a fill.
    """

    name: str
    conflicts: pd.DataFrame
    fills: pd.DataFrame
    agreement: float
    checked: int


@dataclass(frozen=True)
class _Statement:
    quantity: Quantity
    text: str


def read_measures(columns: Mapping[str, pd.Series], texts: pd.Series) -> list[Measure]:
    """The columns of quantities, compared with `texts` of the same index."""
    filled = {name: cells for name, cells in columns.items() if len(cells) >= COVERED * len(texts)}
    kinds = {name: column for name, cells in filled.items() if (column := _Cells.of(name, cells))}
    if not kinds:
        return []
    plain: dict[Any, str] = texts.to_dict()
    stated = _stated(plain)
    measures = [
        _compare(name, cells, stated.get(cells.dimension, {})) for name, cells in kinds.items()
    ]
    return [measure for measure in measures if measure.checked >= FEWEST]


def _stated(texts: Mapping[Any, str]) -> dict[str, dict[Any, _Statement]]:
    """For each dimension, the texts that state a single quantity of it."""
    stated: dict[str, dict[Any, _Statement]] = {}
    for row, text in texts.items():
        kinds: dict[str, list[Quantity]] = {}
        for quantity in quantities(text):
            kinds.setdefault(quantity.dimension, []).append(quantity)
        for kind, (first, *rest) in kinds.items():
            if all(first.equals(further) for further in rest):
                statement = _Statement(first, text[first.start : first.end].strip())
                stated.setdefault(kind, {})[row] = statement
    return stated


@dataclass(frozen=True)
class _Cells:
    dimension: str
    quantities: Mapping[Any, Quantity]
    values: Mapping[Any, str]

    @classmethod
    def of(cls, name: str, values: pd.Series) -> "_Cells | None":
        """The quantities of a column whose cells are mostly of one dimension; else None."""
        unit = _unit_of(name)
        distinct = {text: _only(text, unit) for text in values.unique()}
        parsed = {row: q for row, text in values.items() if (q := distinct[text]) is not None}
        kinds = pd.Series([quantity.dimension for quantity in parsed.values()], dtype=object)
        counts = kinds[kinds != ""].value_counts()
        if counts.empty or counts.iloc[0] < ONE_KIND * len(values):
            return None
        kind = str(counts.index[0])
        same_kind = {row: q for row, q in parsed.items() if q.dimension == kind}
        return cls(kind, same_kind, values.to_dict())


def _unit_of(name: str) -> str:
    """The unit at the end of a column's name ("weight (g)", "capacity_ml", "容量/毫升")."""
    parts = re.findall(r"[^\W\d_]+", name)
    return parts[-1] if len(parts) > 1 and unit_named(parts[-1]) else ""


def _only(text: str, unit: str) -> Quantity | None:
    """The quantity in a cell; None if the cell says anything else."""
    numbers = quantities(text)
    if len(numbers) == 1 and not numbers[0].unit and unit:
        numbers = quantities(f"{text} {unit}")
    rest = len(text) - (numbers[0].end - numbers[0].start) if numbers else 0
    return numbers[0] if len(numbers) == 1 and (unit or rest <= len(text) / 2) else None


def _compare(name: str, cells: _Cells, stated: Mapping[Any, _Statement]) -> Measure:
    both = [row for row in cells.quantities if row in stated]
    equal = [cells.quantities[row].equals(stated[row].quantity) for row in both]
    differing = [row for row, same in zip(both, equal, strict=True) if not same]
    empty = [row for row in stated if row not in cells.values]
    if len(both) < ONE_IN * (len(both) + len(empty)):
        empty = []
    return Measure(
        name,
        pd.DataFrame(
            {
                "row": differing,
                "value": [cells.values[row] for row in differing],
                "stated": [stated[row].text for row in differing],
            }
        ),
        pd.DataFrame({"row": empty, "value": [stated[row].text for row in empty]}),
        sum(equal) / len(equal) if equal else 0.0,
        len(both),
    )
