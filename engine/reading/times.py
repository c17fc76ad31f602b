"""Reads times in the forms that shops write, as UTC without a zone.

They are ISO 8601, seconds, milli-, micro- or nanoseconds since 1970, day numbers of spreadsheets,
`2024/1/5 13:00`, `2024年1月5日 下午1:00`, `5.1.2024`, `01/05/2024`, `1/5/24`, and all that pandas
can read.
"""

import re
from dataclasses import dataclass

import pandas as pd

from engine.reading.numbers import FOREIGN_DIGIT, with_western_digits

_MICROSECONDS = {10: 1e6, 13: 1e3, 16: 1.0, 19: 1e-3}  # per unit of an epoch of so many digits
_YEAR_FIRST = (
    r"^(?P<year>\d{4})\s*+[-/.年]\s*+(?P<month>\d{1,2})\s*+[-/.月]\s*+(?P<day>\d{1,2})\s*+[日号]?"
)
_YEAR_LAST = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4}|\d{2}(?!\d))"
_CLOCK = (
    r"(?:,?[\sT]*+(?P<before>上午|下午|晚上|中午|凌晨|早上)?\s*+(?P<hour>\d{1,2})\s*+[:时点]"
    r"\s*+(?P<minute>\d{1,2})?\s*+[:分]?\s*+(?P<seconds>\d{1,2}(?:\.\d+)?)?\s*+秒?"
    r"\s*+(?P<after>[AaPp]\.?[Mm]\.?)?)?$"
)
# A longer cell is no time, with whatever it is padded.
LONGEST = 100
MONTHS = 12
# Two digits of a year from here on are of the last century, as in POSIX.
_LAST_CENTURY = 69
_DAY_ZERO = pd.Timestamp("1899-12-30")
# Abbreviations that mean one zone only, and their hours; CST and IST do not.
ABBREVIATIONS = {
    **{"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "CET": 1, "MEZ": 1, "BST": 1, "CEST": 2, "MESZ": 2},
    **{"EET": 2, "EEST": 3, "EST": -5, "EDT": -4, "CDT": -5, "MDT": -6, "MST": -7, "PDT": -7},
    **{"PST": -8, "HKT": 8, "SGT": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "北京时间": 8},
}
_ABBREVIATED = rf"\s({'|'.join(name for name in ABBREVIATIONS if name != 'Z')})(?=\s\d{{4}}$|$)"
# What web servers write, such as [05/Mar/2024:10:00:00 +0000].
_SERVER = r"^\[?(\d{2})/([A-Z][a-z]{2})/(\d{4}):([^\]]*)\]?$"
# The first letters of the months in German, French, Spanish, Italian, Portuguese and Dutch.
_MONTHS = {
    **{"jan": "Jan", "ene": "Jan", "gen": "Jan", "feb": "Feb", "fév": "Feb", "fev": "Feb"},
    **{"mär": "Mar", "mar": "Mar", "maa": "Mar", "mrt": "Mar", "apr": "Apr", "avr": "Apr"},
    **{"abr": "Apr", "mai": "May", "may": "May", "mag": "May", "mei": "May", "jun": "Jun"},
    **{"juin": "Jun", "giu": "Jun", "jul": "Jul", "juil": "Jul", "lug": "Jul", "aug": "Aug"},
    **{"aoû": "Aug", "ago": "Aug", "sep": "Sep", "set": "Sep", "okt": "Oct", "oct": "Oct"},
    **{"out": "Oct", "ott": "Oct", "nov": "Nov", "dez": "Dec", "déc": "Dec", "dic": "Dec"},
    "dec": "Dec",
}
_NAMED_MONTH = re.compile(
    rf"(?i)^(\d{{1,2}})(?:\.|\s+de|º)?\s+({'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
    r"[a-zéûçä]*\.?\s+(?:del?\s+)?(\d{4})\b"
)
_BUDDHIST = 543  # years before our era, from which Thailand counts
_FIRST_BUDDHIST = pd.Timestamp("2443-01-01")
_PREFACE = r"^Reviewed in .{1,60}? on (?=.*\d{4}$)"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$"


@dataclass(frozen=True)
class Times:
    """The times of a column, which texts are `unread`, and how days and months were told apart.

    Dates such as 05/13/2024 decide the order for the whole column. It is `guessed` where no date
    does, and then month/day; `contrary` are the dates that can only be read in the other order than
    `day_first` says, and were.
    """

    values: pd.Series
    unread: pd.Series
    guessed: bool
    day_first: bool
    contrary: pd.Series


def read_times(column: pd.Series) -> Times:
    """The times of a tidy text column; a text without a zone is taken as UTC."""
    times = pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
    brief = column.where(column.str.len() <= LONGEST)
    foreign = brief.str.contains(FOREIGN_DIGIT, regex=True, na=False)
    if foreign.any():
        brief = brief.mask(foreign, brief[foreign].map(with_western_digits).astype("str"))
    compact = brief.str.replace(_COMPACT, r"\1-\2-\3 \4:\5:\6", regex=True)
    _fill(times, _read_epochs(compact))
    unread = compact[times.isna() & compact.notna()]
    _fill(times, _utc(pd.to_datetime(unread, format="ISO8601", errors="coerce", utc=True)))
    unread = compact[times.isna() & compact.notna()]
    zones = unread.str.extract(_ABBREVIATED)[0].map(ABBREVIATIONS).dropna()
    bare = unread.str.replace(_ABBREVIATED, "", regex=True).str.replace(_PREFACE, "", regex=True)
    bare = bare.str.replace(_SERVER, r"\1 \2 \3 \4", regex=True)
    bare = bare.str.replace(_NAMED_MONTH, _in_english, regex=True)
    compact = bare.reindex(column.index)
    _fill(times, _assemble(bare.str.extract(_YEAR_FIRST + _CLOCK)))
    unread = compact[times.isna() & compact.notna()]
    parts = unread.str.extract(_YEAR_LAST + _CLOCK)
    first, second = pd.to_numeric(parts["first"]), pd.to_numeric(parts["second"])
    only_day, only_month = (first > MONTHS), (second > MONTHS)
    dotted = bool(unread.str.contains(r"^\d+\.\d+\.", na=False).any())
    day_first = dotted or int(only_day.sum()) > int(only_month.sum())
    guessed = bool(first.notna().any()) and not (dotted or only_day.any() or only_month.any())
    contrary = (only_month if day_first else only_day) & ~(only_day & only_month)
    by_day = contrary != day_first
    parts["day"], parts["month"] = first.where(by_day, second), second.where(by_day, first)
    _fill(times, _assemble(parts))
    unread = compact[times.isna() & compact.notna()]
    worded = unread[unread.str.contains(r"[A-Za-z]{3}", regex=True, na=False)]
    _fill(times, _utc(pd.to_datetime(worded, format="mixed", errors="coerce", utc=True)))
    buddhist = times >= _FIRST_BUDDHIST
    if buddhist.any():
        times = times.mask(buddhist, times[buddhist] - pd.DateOffset(years=_BUDDHIST))
    times.loc[zones.index] -= pd.to_timedelta(zones, unit="h")
    contrary = contrary.reindex(column.index, fill_value=False) & times.notna()
    return Times(times, column.notna() & times.isna(), guessed, day_first, contrary)


def _in_english(match: re.Match[str]) -> str:
    return f"{match[1]} {_MONTHS[match[2].lower()]} {match[3]}"


def _fill(times: pd.Series, values: pd.Series) -> None:
    values = values.dropna()
    times.loc[values.index] = values.to_numpy()


def _utc(times: pd.Series) -> pd.Series:
    if not len(times):
        return pd.Series(dtype="datetime64[us]")
    utc: pd.Series = times.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    return utc


def _read_epochs(column: pd.Series) -> pd.Series:
    digits = column.str.extract(r"^(\d{5,19})(?:\.\d*)?$")[0].str.len()
    numbers = pd.to_numeric(column[digits.notna()], errors="coerce").astype("float64")
    moments = [pd.Series(dtype="datetime64[us]")]
    for length, scale in _MICROSECONDS.items():
        epochs = numbers[digits[numbers.index] == length] * scale
        moments.append(epochs.astype("int64").astype("datetime64[us]"))
    days = numbers[(digits[numbers.index] == 5) & numbers.between(20_000, 80_000)]
    serial = _DAY_ZERO + pd.to_timedelta(days, unit="D")
    moments.append(serial.dt.round("s").astype("datetime64[us]"))
    read: pd.Series = pd.concat([part for part in moments if len(part)] or moments[:1])
    return read


def _assemble(parts: pd.DataFrame) -> pd.Series:
    if not len(parts):
        return pd.Series(dtype="datetime64[us]")
    before, after = parts["before"], parts["after"].str.lower()
    afternoon = before.isin(["下午", "晚上"]) | after.str.startswith("p", na=False)
    morning = before.isin(["上午", "凌晨", "早上"]) | after.str.startswith("a", na=False)
    hour = pd.to_numeric(parts["hour"]).fillna(0)
    hour = hour.mask(afternoon & (hour < 12), hour + 12).mask(morning & (hour == 12), 0)
    year = pd.to_numeric(parts["year"])
    short = parts["year"].str.len() == 2
    fields = {
        "year": year.mask(short, year + 2000 - 100 * (year >= _LAST_CENTURY)),
        "month": pd.to_numeric(parts["month"]),
        "day": pd.to_numeric(parts["day"]),
        "hour": hour,
        "minute": pd.to_numeric(parts["minute"]).fillna(0),
        "second": pd.to_numeric(parts["seconds"]).fillna(0),
    }
    return pd.to_datetime(pd.DataFrame(fields), errors="coerce").astype("datetime64[us]")
