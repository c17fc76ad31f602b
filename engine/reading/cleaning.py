"""Turns a file's text cells into the values of a table; problems name row and column."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codec import LONGEST_NAME, LONGEST_TEXT
from engine.errors import Problem
from engine.reading.findings import Findings
from engine.reading.mapping import ColumnMapping
from engine.reading.nested import first_entry, fold
from engine.reading.presets import expand, presets
from engine.reading.texts import (
    by_distinct,
    cut,
    looks_like_formula,
    split_category,
    strip_html,
    tidy,
)
from engine.reading.times import read_times
from engine.reading.values import (
    read_choices,
    read_ids,
    read_numbers,
    read_ratings,
    read_relevance,
    synonyms,
)
from engine.tables.schema import TABLES, Field

if TYPE_CHECKING:
    from engine.reading.reader import RawTable

CHARACTERS = {"id": 200, "text": LONGEST_NAME, "long_text": LONGEST_TEXT}
_LINK = r"^(?:https?://|/|\w[\w./%-]*\.\w+)"
_ACTIVE_HTML = r"(?i)<(?:script|iframe|object|embed|svg)\b|\bon\w+\s*=\s*[\"']?\w+\(|javascript:"
_EPOCH_START = pd.Timestamp("1971-01-01")
_DTYPES = {"number": "float64", "time": "datetime64[us]"}


@dataclass(frozen=True)
class Cleaned:
    """The good rows of a file, and its problems.

    `frame` has every column of the schema: text as str, numbers as float64, times in UTC without a
    zone. The file's `rows` are `kept` + `rejected`. Of the rejected rows, `bad` have an error; the
    others are repeated, which is only a warning and does not stop a load.
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


@dataclass
class _Sheet:
    """A file while it is cleaned: its cells, the rows that are still good, and the findings."""

    frame: pd.DataFrame
    findings: Findings
    mapping: ColumnMapping
    good: NDArray[np.bool_]
    done: dict[str, pd.Series] = field(default_factory=dict)

    def reject(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        self.findings.add(code, where, column, values, severity="error", **params)
        self.good &= ~where.to_numpy(dtype=bool)

    def warn(
        self, code: str, where: pd.Series, column: str, values: pd.Series | None, **params: object
    ) -> None:
        self.findings.add(code, where, column, values, severity="warning", **params)


def clean(table: str, raw: "RawTable", mapping: ColumnMapping, file: str = "") -> Cleaned:
    """Read every mapped column as the kind of its field, check it, and drop unusable rows.

    The problems call the file `file`.
    """
    schema = TABLES[table]
    preset = presets().get(mapping.preset or "")
    all_rows = raw.frame.set_axis(raw.rows)
    frame = expand(all_rows, preset)
    findings = Findings(file, frame.index.to_numpy())
    other_rows = len(all_rows) - all_rows.index.isin(frame.index).sum()
    if preset is not None and other_rows:
        findings.note("data.other_rows", count=int(other_rows), preset=preset.label)
    sheet = _Sheet(frame.reset_index(drop=True), findings, mapping, np.ones(len(frame), dtype=bool))
    for item in schema.fields:
        sheet.done[item.name] = _read(sheet, item)
    for name in schema.required:
        column = mapping.fields.get(name, name)
        empty = sheet.done[name].isna() & sheet.good
        sheet.reject("data.missing_value", empty, column, None, field=name)
    bad = int((~sheet.good).sum()) + raw.rejected
    result = pd.DataFrame(sheet.done)
    if schema.key:
        _reject_repeated(sheet, result, list(schema.key))
    good_rows = result[sheet.good].reset_index(drop=True)
    rows = len(frame) + int(other_rows) + raw.rejected
    kept = len(good_rows)
    problems = [*raw.problems, *findings.problems]
    return Cleaned(good_rows, problems, rows, kept, rows - kept, bad)


def _read(sheet: _Sheet, item: Field) -> pd.Series:
    column = sheet.mapping.fields.get(item.name)
    if item.kind == "json":
        return _read_attributes(sheet, column)
    if column is None:
        empty = pd.Series(index=sheet.frame.index, dtype=_DTYPES.get(item.kind, "str"))
        return empty.rename(item.name)
    cells = by_distinct(sheet.frame[column], tidy)
    return _READERS[item.kind](sheet, item, column, cells).rename(item.name)


def _read_text(sheet: _Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    if item.name in ("category", "brand", "image"):
        cells = first_entry(cells)
    active = cells.str.contains(_ACTIVE_HTML, regex=True, na=False)
    sheet.warn("data.active_html", active, column, cells)
    if item.name == "image":
        linked = cells.str.match(_LINK, na=False) & ~active
        sheet.warn("data.not_a_link", cells.notna() & ~linked, column, cells)
        return cells.where(linked)
    cells = by_distinct(cells, lambda texts: tidy(strip_html(texts)))
    cells, long = cut(cells, CHARACTERS[item.kind])
    sheet.warn("data.cut", long, column, cells, limit=CHARACTERS[item.kind])
    if item.kind == "text":
        sheet.warn("data.formula", looks_like_formula(cells), column, cells)
    return by_distinct(cells, split_category) if item.name == "category" else cells


def _read_id(sheet: _Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    ids, lossy = read_ids(cells)
    sheet.warn("data.id_digits_lost", lossy, column, ids)
    long = (ids.str.len() > CHARACTERS["id"]).fillna(False)
    sheet.reject("data.id_too_long", long, column, ids, limit=CHARACTERS["id"])
    sheet.warn("data.formula", looks_like_formula(ids), column, ids)
    return ids


def _read_number(sheet: _Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    readers = {"rating": read_ratings, "relevance": read_relevance}
    numbers, unread = readers.get(item.name, read_numbers)(cells)
    if item.required:
        sheet.reject("data.not_a_number", unread, column, cells)
    else:
        sheet.warn("data.number_left_out", unread, column, cells)
    endless = cells.notna() & ~unread & ~np.isfinite(numbers)
    sheet.reject("data.not_finite", endless, column, cells)
    if item.name == "rating" and _counts_to_ten(numbers):
        sheet.findings.note("data.rating_of_ten", column)
        numbers = (numbers / 2).clip(lower=1)
    low = -np.inf if item.low is None else item.low
    high = np.inf if item.high is None else item.high
    bounded = numbers.between(low, high) | ~np.isfinite(numbers)
    sheet.reject("data.out_of_range", ~bounded, column, cells, low=low, high=high)
    return numbers


def _counts_to_ten(ratings: pd.Series) -> bool:
    above = ratings[ratings > 5]
    return len(above) >= max(3, 0.1 * ratings.notna().sum()) and bool(above.max() <= 10)


def _read_time(sheet: _Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    times, unread, guessed = read_times(cells)
    sheet.warn("data.time_left_out", unread, column, cells)
    if guessed:
        sheet.findings.note("data.day_or_month_first", column)
    early = times < _EPOCH_START
    sheet.warn("data.time_1970", early, column, cells)
    tomorrow = pd.Timestamp.now(tz="UTC").tz_localize(None) + pd.Timedelta(days=1)
    sheet.warn("data.time_future", times > tomorrow, column, cells)
    return times.mask(early)


def _read_choice(sheet: _Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    values, unread = read_choices(cells, item.name)
    choices = ", ".join(dict.fromkeys(synonyms()[item.name].values()))
    # An unknown event left empty would count as a search without results.
    if item.name == "event":
        sheet.reject("data.unknown_event", unread, column, cells, known=choices)
    else:
        sheet.warn("data.unknown_choice", unread, column, cells, known=choices)
    return values


_READERS: dict[str, Callable[[_Sheet, Field, str, pd.Series], pd.Series]] = {
    "id": _read_id,
    "text": _read_text,
    "long_text": _read_text,
    "number": _read_number,
    "time": _read_time,
    "choice": _read_choice,
}


def _read_attributes(sheet: _Sheet, column: str | None) -> pd.Series:
    """The attributes as JSON: their own column and all columns that no field uses."""
    extras = {
        name: by_distinct(sheet.frame[name], lambda texts: tidy(strip_html(texts)))
        for name in sheet.mapping.unused
        if name in sheet.frame and name != column
    }
    extras = {name: cut(cells, CHARACTERS["text"])[0] for name, cells in extras.items()}
    base = None if column is None else tidy(sheet.frame[column])
    if not extras and base is None:
        return pd.Series(index=sheet.frame.index, dtype="str", name="attributes")
    return fold(extras, base).rename("attributes")


def _reject_repeated(sheet: _Sheet, result: pd.DataFrame, key: list[str]) -> None:
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
