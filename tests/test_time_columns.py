"""Times in two columns, in another zone, and in an order that the whole column decides."""

import pandas as pd
import pytest

from engine.reading.cleaning import Cleaned, clean
from engine.reading.mapping import guess
from engine.reading.reader import RawTable
from engine.reading.time_columns import find_zone


def read_orders(**columns: list[str | None]) -> Cleaned:
    count = len(next(iter(columns.values())))
    ids = [str(number) for number in range(count)]
    frame = pd.DataFrame({"order_id": ids, "product_id": ids, **columns}, dtype="str")
    raw = RawTable(frame, pd.Series(range(2, count + 2)), [], 0, "CSV", "utf-8", ",")
    return clean("orders", raw, guess("orders", frame), "orders.csv")


def times(cleaned: Cleaned) -> list[str | None]:
    return [None if time is pd.NaT else str(time) for time in cleaned.frame["time"]]


def codes(cleaned: Cleaned) -> list[tuple[str, int | None]]:
    return [(problem.code.removeprefix("data."), problem.row) for problem in cleaned.problems]


CLOCKS: list[tuple[dict[str, list[str | None]], list[str]]] = [
    (
        {"date": ["2024-03-05", "2024-03-06"], "time": ["13:07:22", "9:05 PM"]},
        ["2024-03-05 13:07:22", "2024-03-06 21:05:00"],
    ),
    (
        {"日期": ["2024/3/5", "2024年3月6日"], "时间": ["9:05", "下午1:07"]},
        ["2024-03-05 09:05:00", "2024-03-06 13:07:00"],
    ),
    ({"date": ["20240305"], "hour": ["7"]}, ["2024-03-05 07:00:00"]),
    (
        {
            "order date": ["2024-03-05 00:00:00"],
            "order time": ["0.5466"],
            "delivery time": ["1:00"],
        },
        ["2024-03-05 13:07:06"],
    ),
]


@pytest.mark.parametrize(("columns", "expected"), CLOCKS)
def test_a_date_and_the_clock_beside_it_are_one_time(
    columns: dict[str, list[str | None]], expected: list[str]
) -> None:
    cleaned = read_orders(**columns)
    assert times(cleaned) == expected
    assert codes(cleaned) == [("clock_joined", None)]


def test_a_time_with_a_clock_of_its_own_takes_no_other() -> None:
    cleaned = read_orders(created_at=["2024-03-05 09:00"], delivery_time=["11:30"])
    assert times(cleaned) == ["2024-03-05 09:00:00"]
    assert not cleaned.problems


def test_a_missing_clock_leaves_the_date() -> None:
    cleaned = read_orders(date=["2024-03-05", "2024-03-06"], time=["13:00", None])
    assert times(cleaned) == ["2024-03-05 13:00:00", "2024-03-06 00:00:00"]


def test_the_column_decides_what_comes_first_and_contradictions_are_named() -> None:
    dates: list[str | None] = ["13/03/2024", "14/03/2024", "05/06/2024", "03/25/2024"]
    cleaned = read_orders(order_date=dates)
    assert times(cleaned) == [
        f"2024-{day} 00:00:00" for day in ("03-13", "03-14", "06-05", "03-25")
    ]
    assert codes(cleaned) == [("month_among_days", 5)]
    american = read_orders(order_date=["3/25/24 1:07 PM", "3/5/24 9:07", "25/3/24", "3/26/24"])
    assert times(american)[:3] == [
        "2024-03-25 13:07:00",
        "2024-03-05 09:07:00",
        "2024-03-25 00:00:00",
    ]
    assert codes(american) == [("day_among_months", 4)]


def test_a_column_of_zones_is_respected() -> None:
    cleaned = read_orders(
        created_at=[
            "2024-03-05 09:00",
            "2024-07-05 09:00",
            "2024-03-05T09:00Z",
            "2024-03-05 09:00",
        ],
        timezone=["Asia/Shanghai", "America/New_York", "Asia/Shanghai", "Mars/Base"],
    )
    assert times(cleaned) == [
        f"2024-{moment}:00"
        for moment in ("03-05 01:00", "07-05 13:00", "03-05 09:00", "03-05 09:00")
    ]
    assert codes(cleaned) == [("zone_column", None), ("zone_unknown", 5)]


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC+8", 8), ("+08:00", 8), ("-0330", -3.5), ("GMT", 0), ("PST", -8), ("北京时间", 8)],
)
def test_zones_by_offset_and_abbreviation(name: str, hours: float) -> None:
    zone = find_zone(name)
    assert zone is not None
    assert zone.utcoffset(None) == pd.Timedelta(hours=hours)


@pytest.mark.parametrize("name", ["CST", "+99:00", "../../etc/passwd", "Asia/../x", ""])
def test_what_is_no_zone_or_more_than_one(name: str) -> None:
    assert find_zone(name) is None
