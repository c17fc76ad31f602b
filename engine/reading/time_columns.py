"""Finds the columns that belong to a column of dates: the clock beside it, and the time zone."""

import re
from collections.abc import Callable
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from engine.reading.headers import squash
from engine.reading.sheet import Sheet
from engine.reading.texts import by_distinct
from engine.reading.times import ABBREVIATIONS

SAMPLE_ROWS = 1_000
# So many cells must look alike for a column to be one of clocks, zones or bare dates.
LEAST_SHARE = 0.9
HOURS, SECONDS_OF_DAY = 24, 86_400

_CLOCK = re.compile(
    r"(?:上午|下午|晚上|中午|凌晨|早上)?\s?\d{1,2}[:时点]\d{1,2}(?:[:分]\d{0,2}(?:\.\d+)?秒?)?分?"
    r"(?:\s?[AaPp]\.?[Mm]\.?)?"
)
_DIGITS = re.compile(r"(\d{1,2})(?:(\d\d)(\d\d)?)?")
_FRACTION = re.compile(r"0?\.\d+")
# What a spreadsheet puts behind a date that has no clock.
_MIDNIGHT = r"[\sT]0{1,2}:00(?::00(?:\.0+)?)?$"
_COMPACT_DATE = r"^(\d{4})(\d{2})(\d{2})$"
_CLOCK_NAMES = re.compile(
    r"(?<![a-z])(?:time|clock|hour|uhrzeit|heure|hora)s?(?![a-z])|(?<=[a-z])Time|时间|时刻|小时|钟点"
)
_ZONE_NAMES = {
    *("timezone", "tz", "zone", "timezoneid", "tzid", "tzname", "utcoffset", "gmtoffset", "offset"),
    *("zeitzone", "fuseauhoraire", "zonahoraria", "时区"),
}
_OWN_ZONE = rf"(?:Z|[+-]\d{{2}}:?\d{{2}}|\s(?:{'|'.join(ABBREVIATIONS)}))$|^\d{{10,19}}(?:\.\d*)?$"
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2})(?::?(\d\d))?")


def join_clock(sheet: Sheet, column: str, dates: pd.Series) -> pd.Series:
    """The dates of `column` with the clock that stands in another column, if there is one.

    Dates that have a clock of their own stay as they are.
    """
    clock = _beside(sheet, column, _is_clock)
    if clock is None or not dates.notna().any():
        return dates
    bare = dates.str.replace(_MIDNIGHT, "", regex=True)
    clocked = bare.str.contains(r"\d[:时点]|\d{9}", regex=True, na=False)
    if clocked[bare.notna()].mean() > 1 - LEAST_SHARE:
        return dates
    times = by_distinct(sheet.cells(clock, None), lambda cells: cells.map(_clock_text))
    joined = bare.str.replace(_COMPACT_DATE, r"\1-\2-\3", regex=True) + " " + times.astype("str")
    sheet.note("data.clock_joined", column, clock=clock)
    return dates.mask(~clocked & joined.notna(), joined)


def move_to_utc(sheet: Sheet, column: str, cells: pd.Series, times: pd.Series) -> pd.Series:
    """The times of `cells` in UTC where another column names the zone that they are in.

    A time that says its own zone stays. One with a zone that nobody knows counts as UTC, as all
    times do without a zone, and is named.
    """
    zone_column = _beside(sheet, column, _is_zone)
    if zone_column is None:
        return times
    names = sheet.cells(zone_column, None)
    local = times.notna() & names.notna() & ~cells.str.contains(_OWN_ZONE, regex=True, na=False)
    moved = times.copy()
    unknown = pd.Series(False, index=times.index)
    for name in names[local].unique():
        rows = local & (names == name)
        zone = find_zone(name)
        if zone is None:
            unknown |= rows
            continue
        summer = np.ones(int(rows.sum()), dtype=bool)
        located = times[rows].dt.tz_localize(zone, ambiguous=summer, nonexistent="shift_forward")
        moved[rows] = located.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    sheet.warn("data.zone_unknown", unknown, zone_column, names)
    sheet.note("data.zone_column", column, zone=zone_column)
    return moved


def has_companion(sheet: Sheet, column: str) -> bool:
    """Whether a clock or a zone in another column may change the times of `column`."""
    return any(_beside(sheet, column, fits) is not None for fits in (_is_clock, _is_zone))


def find_zone(name: str) -> tzinfo | None:
    """The zone of a name such as Asia/Shanghai, of UTC+8, or of PST; None if it is not known."""
    hours = ABBREVIATIONS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours))
    if offset := _OFFSET.fullmatch(name.upper()):
        sign, whole, minutes = offset.groups()
        shift = timedelta(hours=int(whole), minutes=int(minutes or 0))
        return timezone(-shift if sign == "-" else shift) if shift < timedelta(hours=15) else None
    try:
        return ZoneInfo(name) if re.fullmatch(r"[A-Za-z_]+/[\w/+-]{1,40}", name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _beside(sheet: Sheet, column: str, fits: Callable[[str, pd.Series], bool]) -> str | None:
    """The unused column that fits and whose name is the most like that of `column`."""
    words = set(re.findall(r"[a-z]+|[\u4e00-\u9fff]", column.lower()))

    def likeness(name: str) -> int:
        return len(words & set(re.findall(r"[a-z]+|[\u4e00-\u9fff]", name.lower())))

    fitting = [
        name
        for name in sheet.mapping.unused
        if name in sheet.frame and fits(name, _sample(sheet.frame[name]))
    ]
    return max(fitting, key=likeness, default=None)


def _sample(column: pd.Series) -> pd.Series:
    return column.dropna().head(SAMPLE_ROWS).astype("str")


def _is_clock(name: str, cells: pd.Series) -> bool:
    named = _CLOCK_NAMES.search(name) or _CLOCK_NAMES.search(name.lower())
    if not named or not len(cells):
        return False
    return float(cells.map(lambda cell: _clock_text(cell) is not None).mean()) >= LEAST_SHARE


def _is_zone(name: str, cells: pd.Series) -> bool:
    if squash(name) not in _ZONE_NAMES or not len(cells):
        return False
    zones = {cell: find_zone(cell.strip()) is not None for cell in cells.unique()}
    return float(cells.map(zones).mean()) >= 1 - LEAST_SHARE


def _clock_text(cell: str) -> str | None:
    """A clock as `read_times` knows it behind a date; None if the cell is none."""
    text = cell.strip()
    if _CLOCK.fullmatch(text):
        return text
    if _FRACTION.fullmatch(text):  # of a day, as a spreadsheet keeps it
        seconds = round(float(text) * SECONDS_OF_DAY)
        return f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}"
    if (digits := _DIGITS.fullmatch(text)) and int(digits[1]) < HOURS:
        return f"{digits[1]}:{digits[2] or '00'}:{digits[3] or '00'}"
    return None
