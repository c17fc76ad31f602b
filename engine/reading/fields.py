"""Reads the cells of a column as the values of a field, and says what cannot be read."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from engine.reading.grades import scale_grades
from engine.reading.mending import decode_queries
from engine.reading.nested import all_entries, amount_of, first_entry, fold, name_of
from engine.reading.numbers import may_be_thousands
from engine.reading.sheet import Sheet
from engine.reading.signs import holds
from engine.reading.texts import (
    by_distinct,
    cut,
    looks_like_formula,
    split_category,
    strip_html,
    tidy,
)
from engine.reading.time_columns import join_clock, move_to_utc
from engine.reading.times import read_times
from engine.reading.values import (
    number_reader,
    read_choices,
    read_ids,
    synonyms,
)
from engine.settings import LONGEST_NAME, LONGEST_TEXT
from engine.tables.schema import Field

CHARACTERS = {"id": 200, "text": LONGEST_NAME, "long_text": LONGEST_TEXT}
_LINK = r"^(?:https?://|/|\w[\w./%-]*\.\w+)"
_ACTIVE_HTML = r"(?i)<(?:script|iframe|object|embed|svg)\b|\bon\w+\s*=\s*[\"']?\w+\(|javascript:"
SHOWN_LABELS = 10
SHOWN_NUMBERS = 3
# Fields of words, and the share of numbers in them that is pointed out.
_WORDED, MOSTLY = ("title", "category", "brand"), 0.8
_EPOCH_START = pd.Timestamp("1971-01-01")
_DTYPES = {"number": "float64", "time": "datetime64[us]"}


def read_field(sheet: Sheet, item: Field) -> pd.Series:
    """The values of a field, as the type of its kind."""
    column = sheet.mapping.fields.get(item.name)
    if item.kind == "json":
        return _read_attributes(sheet, column)
    if column is None:
        empty = pd.Series(index=sheet.frame.index, dtype=_DTYPES.get(item.kind, "str"))
        return empty.rename(item.name)
    cells = sheet.cells(column, item)
    for other in sheet.mapping.fallbacks.get(item.name, ()):
        if other in sheet.frame and cells.isna().any():
            cells = cells.fillna(sheet.cells(other, item))
    if item.name == "category":
        for level in sheet.mapping.levels:
            below = sheet.cells(level, item)
            cells = cells.where(below.isna(), cells.str.cat(below, sep=" > ", na_rep=""))
    return _READERS[item.kind](sheet, item, column, cells).rename(item.name)


def _read_text(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    if item.name in ("category", "brand", "image"):
        cells = name_of(first_entry(cells))
    if item.name == "description":
        cells = all_entries(cells)
    if item.name == "query":
        cells = sheet.mend("data.queries_decoded", column, cells, decode_queries)
    active = _find_active_html(cells)
    sheet.warn("data.active_html", active, column, cells)
    if item.name == "image":
        linked = cells.str.match(_LINK, na=False) & ~active
        sheet.warn("data.not_a_link", cells.notna() & ~linked, column, cells)
        return cells.where(linked)
    cells = sheet.by_distinct(cells, lambda texts: tidy(strip_html(texts)))
    if item.name in _WORDED:
        _show_numbers(sheet, item, column, cells)
    cells, long = cut(cells, CHARACTERS[item.kind])
    sheet.warn("data.cut", long, column, cells, limit=CHARACTERS[item.kind])
    if item.kind == "text":
        sheet.warn("data.formula", looks_like_formula(cells), column, cells)
    return sheet.by_distinct(cells, split_category) if item.name == "category" else cells


def _find_active_html(cells: pd.Series) -> pd.Series:
    """Which texts hold code that a browser would run."""
    # The pattern is slow, and few texts have these signs.
    if not holds(cells, "<=:"):
        return pd.Series(False, index=cells.index)
    active = cells.str.contains("[<=:]", regex=True, na=False)
    if active.any():
        active[active] = cells[active].str.contains(_ACTIVE_HTML, regex=True)
    return active


def _show_numbers(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> None:
    """Say that the cells of a field of words are numbers, if most are."""
    distinct = cells.dropna().drop_duplicates()
    numbers = distinct[distinct.str.fullmatch(r"[\d.,\s]+")]
    if len(numbers) > max(1, MOSTLY * len(distinct)):
        examples = ", ".join(numbers.head(SHOWN_NUMBERS))
        sheet.note("data.numbers_for_words", column, field=item.name, examples=examples)


def _read_id(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    ids, lossy = read_ids(cells)
    sheet.warn("data.id_digits_lost", lossy, column, ids)
    long = (ids.str.len() > CHARACTERS["id"]).fillna(False)
    sheet.reject("data.id_too_long", long, column, ids, limit=CHARACTERS["id"])
    sheet.warn("data.formula", looks_like_formula(ids), column, ids)
    return ids


def _read_number(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    if item.name == "price":
        cells = amount_of(first_entry(cells))
        if may_be_thousands(cells):
            sheet.note("data.thousands_or_point", column)
    numbers, unread = number_reader(item.name)(cells)
    if item.required:
        sheet.reject("data.not_a_number", unread, column, cells)
    else:
        code = "data.rating_left_out" if item.name == "rating" else "data.number_left_out"
        sheet.warn(code, unread, column, cells)
    endless = cells.notna() & ~unread & ~np.isfinite(numbers)
    sheet.reject("data.not_finite", endless, column, cells)
    if item.name == "relevance":
        numbers = scale_grades(sheet, column, numbers)
    if item.name == "quantity":
        sheet.leave_out("data.returns", numbers < 0, column)
        sheet.leave_out("data.no_pieces", numbers == 0, column)
        numbers = numbers.mask(numbers < 0)
    if item.name == "price" and sheet.mapping.table == "orders":
        sheet.leave_out("data.refunds", numbers < 0, column)
        numbers = numbers.mask(numbers < 0)
    if item.name == "rating" and _counts_to_ten(numbers):
        sheet.note("data.rating_of_ten", column)
        numbers = (numbers / 2).clip(lower=1)
    low = -np.inf if item.low is None else item.low
    high = np.inf if item.high is None else item.high
    bounded = numbers.between(low, high) | ~np.isfinite(numbers)
    sheet.reject("data.out_of_range", ~bounded, column, cells, low=low, high=high)
    return numbers


def _counts_to_ten(ratings: pd.Series) -> bool:
    above = ratings[ratings > 5]
    return len(above) >= max(3, 0.1 * ratings.notna().sum()) and bool(above.max() <= 10)


def _read_time(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    cells = join_clock(sheet, column, cells)
    read = read_times(cells)
    sheet.warn("data.time_left_out", read.unread, column, cells)
    if read.guessed:
        sheet.note("data.day_or_month_first", column)
    order = "data.month_among_days" if read.day_first else "data.day_among_months"
    sheet.warn(order, read.contrary, column, cells)
    times = move_to_utc(sheet, column, cells, read.values)
    early = times < _EPOCH_START
    sheet.warn("data.time_1970", early, column, cells)
    tomorrow = pd.Timestamp.now(tz="UTC").tz_localize(None) + pd.Timedelta(days=1)
    sheet.warn("data.time_future", times > tomorrow, column, cells)
    return times.mask(early)


def _read_choice(sheet: Sheet, item: Field, column: str, cells: pd.Series) -> pd.Series:
    values, unread = read_choices(cells, item.name)
    if item.name == "sentiment":
        _show_labels(sheet, column, cells, values)
    choices = ", ".join(dict.fromkeys(synonyms()[item.name].values()))
    # An unknown event left empty would count as a search without results.
    if item.name == "event":
        sheet.reject("data.unknown_event", unread, column, cells, known=choices)
    else:
        sheet.warn("data.unknown_choice", unread, column, cells, known=choices)
    return values


def _show_labels(sheet: Sheet, column: str, cells: pd.Series, values: pd.Series) -> None:
    """Say how labels that do not name a sentiment were read, and how many there are of each."""
    counts = cells[values.notna()].value_counts()
    meanings = dict(zip(cells, values, strict=True))
    if any(label.lower() != meanings[label] for label in counts.index):
        shown = ", ".join(
            f"{label} → {meanings[label]} ({count:,})"
            for label, count in counts.head(SHOWN_LABELS).items()
        )
        sheet.note("data.labels_read", column, labels=shown)


_READERS: dict[str, Callable[[Sheet, Field, str, pd.Series], pd.Series]] = {
    "id": _read_id,
    "text": _read_text,
    "long_text": _read_text,
    "number": _read_number,
    "time": _read_time,
    "choice": _read_choice,
}


def _read_attributes(sheet: Sheet, column: str | None) -> pd.Series:
    """The attributes as JSON: their own column and all columns that no field uses."""
    extras = {
        name: by_distinct(sheet.cells(name, None), lambda texts: tidy(strip_html(texts)))
        for name in sheet.mapping.unused
        if name in sheet.frame and name != column
    }
    extras = {name: cut(cells, CHARACTERS["text"])[0] for name, cells in extras.items()}
    base = None if column is None else sheet.cells(column, None)
    if not extras and base is None:
        return pd.Series(index=sheet.frame.index, dtype="str", name="attributes")
    return fold(extras, base).rename("attributes")
