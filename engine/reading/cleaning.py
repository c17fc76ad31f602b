"""Turns a file's text cells into the values of a table; problems name row and column."""

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from engine.errors import Problem
from engine.progress import Progress, Silent
from engine.reading.coding import LEAST_ROWS
from engine.reading.distinct import read_columns
from engine.reading.findings import Findings
from engine.reading.mapping import ColumnMapping
from engine.reading.presets import expand, presets
from engine.reading.raters import merge_raters
from engine.reading.sheet import Sheet
from engine.reading.unusable import leave_unusable_out, say_counts_are_unused
from engine.tables.schema import TABLES

if TYPE_CHECKING:
    from engine.reading.reader import RawTable


@dataclass(frozen=True)
class Cleaned:
    """The good rows of a file, and its problems.

    `frame` has every column of the schema, but for raters that nobody named: text as str, numbers
    as float64, times in UTC without a zone. Columns of texts that repeat may be coded
    (`engine.reading.distinct`) if the file is large. The file's `rows` are `kept` + `rejected`. Of
    the rejected rows, `bad` have an error; the others are repeated, which is only a warning and
    does not stop a load.
    """

    frame: pd.DataFrame
    problems: list[Problem]
    rows: int
    kept: int
    rejected: int
    bad: int

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop a load, unless bad rows may be skipped."""
        return [problem for problem in self.problems if problem.severity == "error"]


def clean(
    table: str,
    raw: "RawTable",
    mapping: ColumnMapping,
    file: str = "",
    progress: Progress | None = None,
) -> Cleaned:
    """Read every mapped column as the kind of its field, check it, and drop unusable rows.

    The problems call the file `file`. `progress` is told how many columns are read, as stage
    `clean`, if there are many rows.
    """
    schema = TABLES[table]
    if progress is None or len(raw.frame) < LEAST_ROWS:
        progress = Silent()
    preset = presets().get(mapping.preset or "")
    all_rows = raw.frame.set_axis(raw.rows)
    frame = expand(all_rows, preset)
    findings = Findings(file, frame.index.to_numpy())
    other_rows = 0 if preset is None else (~all_rows.index.isin(frame.index)).sum()
    if preset is not None and other_rows:
        findings.note("data.other_rows", count=int(other_rows), preset=preset.label)
    every = np.ones(len(frame), dtype=bool)
    sheet = Sheet(frame.reset_index(drop=True), findings, mapping, every, ~every)
    with closing(read_columns(sheet, schema.fields)) as columns:
        for number, item in enumerate(schema.fields):
            raw.give_back()
            progress.check()
            progress.stage("clean", number, len(schema.fields))
            sheet.done[item.name] = next(columns)
    leave_unusable_out(table, sheet)
    say_counts_are_unused(table, sheet)
    for name in schema.required:
        column = mapping.fields.get(name, name)
        empty = sheet.done[name].isna() & sheet.good
        sheet.reject("data.missing_value", empty, column, None, field=name)
    if table == "judgments":
        merge_raters(sheet)
    bad = int((~sheet.good & ~sheet.left_out).sum()) + raw.rejected
    result = pd.DataFrame(sheet.done, copy=False)
    if schema.key:
        _reject_repeated(sheet, result, list(schema.key))
    good_rows = result if sheet.good.all() else result[sheet.good].reset_index(drop=True)
    rows = len(frame) + int(other_rows) + raw.rejected + raw.left_out
    kept = len(good_rows)
    problems = [*raw.problems, *findings.problems]
    return Cleaned(good_rows, problems, rows, kept, rows - kept, bad)


def _reject_repeated(sheet: Sheet, result: pd.DataFrame, key: list[str]) -> None:
    """Keep the first of the rows with the same key, with different warnings if they differ."""
    column = sheet.mapping.fields.get(key[-1], key[-1])
    good = result[sheet.good]
    repeated = good.duplicated(key)
    if not repeated.any():
        return
    repetitions = good[good.duplicated(key, keep=False)]
    equal = repetitions.duplicated().reindex(result.index, fill_value=False)
    repeated = repeated.reindex(result.index, fill_value=False)
    names = result[key[-1]]
    sheet.warn("data.repeated", repeated & equal, column, names)
    sheet.warn("data.conflicting", repeated & ~equal, column, names)
    sheet.good &= ~repeated.to_numpy(dtype=bool)
