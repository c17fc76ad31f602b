"""Moments as shops write them, to UTC without a zone.

Read are ISO 8601, seconds, milli-, micro- and nanoseconds since 1970, spreadsheet day numbers,
`2024/1/5 13:00`, `2024年1月5日 下午1:00`, `5.1.2024`, `01/05/2024`, and what pandas knows beside.
"""

import pandas as pd

_MICROSECONDS = {10: 1e6, 13: 1e3, 16: 1.0, 19: 1e-3}  # per unit of an epoch of so many digits
_YEAR_FIRST = (
    r"^(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?"
)
_YEAR_LAST = r"^(?P<first>\d{1,2})[-/.](?P<second>\d{1,2})[-/.](?P<year>\d{4})"
_CLOCK = (
    r"(?:[\sT]*(?P<before>上午|下午|晚上|中午|凌晨|早上)?\s*(?P<hour>\d{1,2})\s*[:时点]"
    r"\s*(?P<minute>\d{1,2})?\s*[:分]?\s*(?P<seconds>\d{1,2}(?:\.\d+)?)?\s*秒?"
    r"\s*(?P<after>[AaPp]\.?[Mm]\.?)?)?$"
)
_DAY_ZERO = pd.Timestamp("1899-12-30")
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$"


def read_times(column: pd.Series) -> tuple[pd.Series, pd.Series, bool]:
    """The moments of a tidy text column, which texts were not read, and whether order was a guess.

    A zone in the text is honoured; without one the moment counts as UTC. Where every date fits both
    day/month and month/day, month/day is taken and the last value says so.
    """
    times = pd.Series(pd.NaT, index=column.index, dtype="datetime64[us]")
    compact = column.str.replace(_COMPACT, r"\1-\2-\3 \4:\5:\6", regex=True)
    _fill(times, _read_epochs(compact))
    open_ = compact[times.isna() & compact.notna()]
    _fill(times, _utc(pd.to_datetime(open_, format="ISO8601", errors="coerce", utc=True)))
    open_ = compact[times.isna() & compact.notna()]
    _fill(times, _assemble(open_.str.extract(_YEAR_FIRST + _CLOCK)))
    open_ = compact[times.isna() & compact.notna()]
    parts = open_.str.extract(_YEAR_LAST + _CLOCK)
    first, second = pd.to_numeric(parts["first"]), pd.to_numeric(parts["second"])
    day_first = bool((first > 12).any()) or bool(open_.str.contains(r"^\d+\.\d+\.", na=False).any())
    guessed = bool(first.notna().any()) and not day_first and not bool((second > 12).any())
    parts["day"], parts["month"] = (first, second) if day_first else (second, first)
    _fill(times, _assemble(parts))
    open_ = compact[times.isna() & compact.notna()]
    worded = open_[open_.str.contains(r"[A-Za-z]{3}", regex=True, na=False)]
    _fill(times, _utc(pd.to_datetime(worded, format="mixed", errors="coerce", utc=True)))
    return times, column.notna() & times.isna(), guessed


def _fill(times: pd.Series, found: pd.Series) -> None:
    found = found.dropna()
    times.loc[found.index] = found.to_numpy()


def _utc(times: pd.Series) -> pd.Series:
    if not len(times):
        return pd.Series(dtype="datetime64[us]")
    return times.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")


def _read_epochs(column: pd.Series) -> pd.Series:
    digits = column.str.extract(r"^(\d{5,19})(?:\.\d*)?$")[0].str.len()
    numbers = pd.to_numeric(column[digits.notna()], errors="coerce").astype("float64")
    found = [pd.Series(dtype="datetime64[us]")]
    for length, scale in _MICROSECONDS.items():
        chosen = numbers[digits[numbers.index] == length] * scale
        found.append(chosen.astype("int64").astype("datetime64[us]"))
    days = numbers[(digits[numbers.index] == 5) & numbers.between(20_000, 80_000)]
    serial = _DAY_ZERO + pd.to_timedelta(days, unit="D")
    found.append(serial.dt.round("s").astype("datetime64[us]"))
    return pd.concat([part for part in found if len(part)] or found[:1])


def _assemble(parts: pd.DataFrame) -> pd.Series:
    if not len(parts):
        return pd.Series(dtype="datetime64[us]")
    afternoon = parts["before"].isin(["下午", "晚上"]) | parts["after"].str.lower().str.startswith(
        "p", na=False
    )
    morning = parts["before"].isin(["上午", "凌晨", "早上"]) | parts[
        "after"
    ].str.lower().str.startswith("a", na=False)
    hour = pd.to_numeric(parts["hour"]).fillna(0)
    hour = hour.mask(afternoon & (hour < 12), hour + 12).mask(morning & (hour == 12), 0)
    fields = {
        "year": pd.to_numeric(parts["year"]),
        "month": pd.to_numeric(parts["month"]),
        "day": pd.to_numeric(parts["day"]),
        "hour": hour,
        "minute": pd.to_numeric(parts["minute"]).fillna(0),
        "second": pd.to_numeric(parts["seconds"]).fillna(0),
    }
    return pd.to_datetime(pd.DataFrame(fields), errors="coerce").astype("datetime64[us]")
