"""Cells read as what they mean, and rows refused for a reason."""

import json
import time

import pandas as pd
import pytest

from engine.reading.cleaning import Cleaned, clean
from engine.reading.findings import SHOWN_PER_CODE
from engine.reading.mapping import guess
from engine.reading.numbers import read_numbers
from engine.reading.reader import RawTable
from engine.reading.texts import split_category, strip_html, tidy
from engine.reading.times import read_times
from engine.reading.values import (
    read_choices,
    read_ids,
    read_ratings,
    read_relevance,
)


def column(*cells: str | None) -> pd.Series:
    return pd.Series(cells, dtype="str")


def raw(**columns: list[str | None]) -> RawTable:
    frame = pd.DataFrame(columns, dtype="str")
    rows = pd.Series(range(2, len(frame) + 2))
    return RawTable(frame, rows, [], 0, "delimited", "utf-8", ",")


def cleaned(table: str, **columns: list[str | None]) -> Cleaned:
    file = raw(**columns)
    return clean(table, file, guess(table, file.frame), "shop.csv")


def found(result: Cleaned) -> list[tuple[str, int | None]]:
    return [(problem.code.removeprefix("data."), problem.row) for problem in result.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("¥1,299.00", 1299),
        ("￥12", 12),
        ("CNY 1,299.00", 1299),
        ("1.299,00 €", 1299),
        ("12元", 12),
        ("12.5元起", 12.5),
        ("$5", 5),
        ("£3.50", 3.5),
        ("15.00 USD", 15),
        ("1.2万", 12000),
        ("１２", 12),
        ("1'299.90", 1299.9),
        ("12,50", 12.5),
        ("1,299", 1299),
        ("-3", -3),
    ],
)
def test_prices(text: str, value: float) -> None:
    numbers, unread = read_numbers(column(text))
    assert numbers[0] == pytest.approx(value)
    assert not unread[0]


def test_a_column_is_read_one_way() -> None:
    assert read_numbers(column("1.299", "12,50 €"))[0].tolist() == [1299, 12.5]
    assert read_numbers(column("1.299", "12.50"))[0].tolist() == [1.299, 12.5]


def test_words_are_no_numbers_and_missing_is_not_wrong() -> None:
    numbers, unread = read_numbers(column("ask us", None, "NaN", "inf", "1_000"))
    assert unread.tolist() == [True, False, False, False, True]
    assert numbers[3] == float("inf")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-05", "2024-01-05"),
        ("2024-01-05T13:00:00+08:00", "2024-01-05 05:00"),
        ("2024-01-05T13:00:00Z", "2024-01-05 13:00"),
        ("1704430800", "2024-01-05 05:00"),
        ("1704430800000", "2024-01-05 05:00"),
        ("1704430800000000", "2024-01-05 05:00"),
        ("2024/1/5 13:00", "2024-01-05 13:00"),
        ("2024年1月5日", "2024-01-05"),
        ("2024年1月5日 下午1:30", "2024-01-05 13:30"),
        ("2024年1月5日 13时05分", "2024-01-05 13:05"),
        ("20240105", "2024-01-05"),
        ("20240105130000", "2024-01-05 13:00"),
        ("45296", "2024-01-05"),
        ("31/01/2024 1:00 PM", "2024-01-31 13:00"),
        ("5.1.2024", "2024-01-05"),
        ("Fri, 05 Jan 2024 13:00:00 GMT", "2024-01-05 13:00"),
    ],
)
def test_times(text: str, moment: str) -> None:
    read = read_times(column(text))
    times, unread = read.values, read.unread
    assert times[0] == pd.Timestamp(moment)
    assert not unread[0]


@pytest.mark.parametrize("text", ["soon", "2024-13-45", "99999999999999999999", "99/99/2024", "x1"])
def test_what_is_no_time(text: str) -> None:
    read = read_times(column(text, "2024-01-05"))
    times, unread = read.values, read.unread
    assert unread.tolist() == [True, False]
    assert times.isna().tolist() == [True, False]


def test_month_or_day_first_is_learned_from_the_column() -> None:
    assert read_times(column("02/03/2024", "13/05/2024")).values[0] == pd.Timestamp("2024-03-02")
    read = read_times(column("02/03/2024"))
    assert read.values[0] == pd.Timestamp("2024-02-03")
    assert read.guessed


def test_ratings() -> None:
    cells = column("4.0", "5星", "4/5", "8/10", "★★★★☆", "四星", "4 out of 5 stars", "great")
    ratings, unread = read_ratings(cells)
    assert ratings[:7].tolist() == [4, 5, 4, 4, 4, 4, 4]
    assert unread[7]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["0", "1"], ["negative", "positive"]),
        (["-1", "0", "1"], ["negative", "neutral", "positive"]),
        (["0", "1", "2"], ["negative", "neutral", "positive"]),
        (["0.0", "1.0"], ["negative", "positive"]),
        (["好评", "中评", "差评"], ["positive", "neutral", "negative"]),
        (["POS", "neg", "Mixed"], ["positive", "negative", "neutral"]),
    ],
)
def test_sentiments(cells: list[str], values: list[str]) -> None:
    assert read_choices(column(*cells), "sentiment")[0].tolist() == values


def test_events() -> None:
    cells = column("True", "False", "add-to-cart", "加购", "购买", "Impression", "点击", "share")
    events, unread = read_choices(cells, "event")
    assert events[:7].tolist() == [
        "click",
        "impression",
        "add_to_cart",
        "add_to_cart",
        "purchase",
        "impression",
        "click",
    ]
    assert unread[7]


def test_relevance_words() -> None:
    grades, _ = read_relevance(column("E", "S", "C", "I", "Exact", "Partial", "Irrelevant", "2"))
    assert grades.tolist() == [3, 2, 1, 0, 3, 1, 0, 2]


def test_ids_stay_text() -> None:
    assert read_ids(column("007", "12"))[0].tolist() == ["007", "12"]
    assert read_ids(column("123.0", "7.0"))[0].tolist() == ["123", "7"]
    assert read_ids(column("1.0", "1.5"))[0].tolist() == ["1.0", "1.5"]
    assert read_ids(column("6.9E+12"))[1].tolist() == [True]


def test_html_becomes_text() -> None:
    cells = column(
        "<p>Fast &amp; <b>bri</b>ght</p><script>alert('x')</script>end",
        "&lt;p&gt;twice&lt;/p&gt;",
        "size < 5 & > 3",
        "<style>p{}</style><img src=x onerror=alert(1)>ok",
        None,
    )
    texts = tidy(strip_html(cells))
    assert texts[:4].tolist() == ["Fast & bright end", "twice", "size < 5 & > 3", "ok"]
    assert texts.isna()[4]


def test_spaces_controls_and_unicode_form() -> None:
    cells = column("a\u3000 b\x00\tc ", "\ufeffe\u0301", " \u200b ")
    assert tidy(cells)[:2].tolist() == ["a b c", "é"]
    assert tidy(cells).isna()[2]


def test_category_separators() -> None:
    cells = column("A > B", "A|B › C", "Home &gt; Bath", "A/C > Filter", "A / B")
    assert split_category(cells).tolist() == [
        "A > B",
        "A > B > C",
        "Home > Bath",
        "A/C > Filter",
        "A > B",
    ]
    assert split_category(column("Shoes/Running")).tolist() == ["Shoes > Running"]


def test_extras_are_folded_into_the_attributes() -> None:
    result = cleaned(
        "products",
        id=["1", "2"],
        title=["Cup", "Jug"],
        attributes=['{"colour": "red"}', "Size: L; Colour: blue"],
        material=["clay", None],
    )
    assert [json.loads(text) for text in result.frame["attributes"]] == [
        {"colour": "red", "material": "clay"},
        {"Size": "L", "Colour": "blue"},
    ]


def test_every_column_of_the_schema_with_its_type() -> None:
    frame = cleaned("orders", order_id=["1"], product_id=["007"]).frame
    assert frame.dtypes.astype(str).to_dict() == {
        "order_id": "str",
        "product_id": "str",
        "user_id": "str",
        "time": "datetime64[us]",
        "quantity": "float64",
        "price": "float64",
    }
    assert frame["product_id"][0] == "007"


def test_repeated_and_conflicting_products() -> None:
    result = cleaned("products", id=["1", "1", "1", "2"], title=["Cup", "Cup", "Mug", "Jug"])
    assert found(result) == [("repeated", 3), ("conflicting", 4)]
    assert result.frame["title"].tolist() == ["Cup", "Jug"]
    assert (result.rows, result.kept, result.rejected, result.errors) == (4, 2, 2, [])


def test_rows_without_what_is_required_are_errors() -> None:
    result = cleaned("products", id=["1", None, "3"], title=["Cup", "Mug", " <b></b> "])
    assert found(result) == [("missing_value", 3), ("missing_value", 4)]
    assert all(problem.severity == "error" for problem in result.problems)
    assert result.kept == 1
    assert result.problems[0].column == "id"


@pytest.mark.parametrize(
    ("price", "code", "kept"),
    [
        ("NaN", "not_finite", 2),
        ("-inf", "not_finite", 2),
        ("-5", "out_of_range", 2),
        ("9" * 400, "not_finite", 2),
        ("ask us", "number_left_out", 3),
    ],
)
def test_bad_prices(price: str, code: str, kept: int) -> None:
    prices: list[str | None] = ["3.00", "4.00", price]
    result = cleaned("products", id=["1", "2", "3"], title=["Cup", "Mug", "Jug"], price=prices)
    assert found(result) == [(code, 4)]
    assert result.kept == kept


def test_doubtful_times_warn() -> None:
    moments: list[str | None] = ["2024-01-05", "1970-01-01", "2999-01-01", "whenever"]
    result = cleaned("reviews", review=["good", "bad", "fine", "poor"], date=moments)
    assert found(result) == [("time_1970", 3), ("time_future", 4), ("time_left_out", 5)]
    assert result.kept == 4
    assert result.frame["time"].isna().tolist() == [False, True, False, True]


def test_ratings_of_ten_are_halved_and_one_of_eleven_is_refused() -> None:
    texts: list[str | None] = ["good", "bad", "fine", "poor"]
    halved = cleaned("reviews", review=texts, rating=["10", "2", "7", "8"])
    assert halved.frame["rating"].tolist() == [5, 1, 3.5, 4]
    refused = cleaned("reviews", review=texts, rating=["11", "2", "3", "4"])
    assert found(refused) == [("out_of_range", 2)]


def test_texts_that_could_do_harm_are_kept_as_text_and_named() -> None:
    titles: list[str | None] = [
        "=cmd|' /C calc'!A0",
        "<script>alert(1)</script>Cup",
        "+1555",
        "x" * 100_000,
    ]
    result = cleaned("products", id=["1", "2", "3", "4"], title=titles)
    assert sorted(found(result)) == [("active_html", 3), ("cut", 5), ("formula", 2), ("formula", 4)]
    starts = result.frame["title"].str.slice(0, 10).tolist()
    assert starts == ["=cmd|' /C ", "Cup", "+1555", "x" * 10]
    assert result.frame["title"].str.len().max() == 1000


def test_many_bad_rows_stay_readable() -> None:
    rows = 20_000
    result = cleaned(
        "products",
        id=[str(number) for number in range(rows)],
        title=["Cup"] * rows,
        price=["-1"] * rows,
    )
    assert len(result.problems) == SHOWN_PER_CODE + 1
    last = result.problems[-1]
    assert last.code == "data.more"
    assert last.params["count"] == rows - SHOWN_PER_CODE
    assert str(rows - SHOWN_PER_CODE) in last.message("zh")


def seconds_to_clean(rows: int) -> float:
    """The processor time that a log takes."""
    log = raw(
        time=[str(1_704_430_800 + number) for number in range(rows)],
        query=[f"red cup {number % 500}" for number in range(rows)],
        product_id=[str(number % 1000) for number in range(rows)],
        clicked=["True", "False"] * (rows // 2),
    )
    start = time.process_time()
    assert clean("searches", log, guess("searches", log.frame), "log.csv").kept == rows
    return time.process_time() - start


def test_the_work_for_a_log_grows_no_faster_than_its_rows() -> None:
    # Quadratic work would be a hundred times as much.
    assert seconds_to_clean(200_000) < 30 * seconds_to_clean(20_000)
