"""Cells as databases, spreadsheets and shops leave them: words for missing, ids, prices."""

import json

import pandas as pd
import pytest

from engine.reading.cleaning import Cleaned, clean
from engine.reading.mapping import guess
from engine.reading.numbers import read_numbers, read_prices
from engine.reading.reader import RawTable


def column(*texts: str | None) -> pd.Series:
    return pd.Series(texts, dtype="str")


def read(table: str, **columns: list[str | None]) -> Cleaned:
    frame = pd.DataFrame(columns, dtype="str")
    rows = pd.Series(range(2, len(frame) + 2))
    raw = RawTable(frame, rows, [], 0, "CSV", "utf-8", ",")
    return clean(table, raw, guess(table, frame), "shop.csv")


def notes(cleaned: Cleaned) -> dict[str, object]:
    return {
        f"{problem.code.removeprefix('data.')} {problem.column}": problem.params.get("count")
        for problem in cleaned.problems
    }


def test_words_for_missing_are_no_values() -> None:
    words: list[str | None] = ["NULL", "N/A", "none", "-", "无", "\\N", "(not set)", "#N/A"]
    cleaned = read(
        "products",
        sku=[f"K-{n}" for n in range(10)],
        title=[f"Cup {n}" for n in range(10)],
        brand=["山月", "山月", *words],
        price=[*words, "3.00", "4.00"],
        material=["steel", *words, "steel"],
    )
    assert cleaned.kept == 10
    assert cleaned.frame["brand"].dropna().tolist() == ["山月"] * 2
    assert cleaned.frame["price"].dropna().tolist() == [3, 4]
    attributes = cleaned.frame["attributes"].dropna().map(json.loads)
    assert attributes.tolist() == [{"material": "steel"}] * 2
    assert notes(cleaned) == {
        f"words_for_missing {name}": 8 for name in ("brand", "price", "material")
    }


def test_a_code_or_an_answer_is_no_word_for_missing() -> None:
    cleaned = read(
        "products",
        sku=["1", "2", "3", "4"],
        title=["a", "b", "c", "d"],
        country=["DE", "NA", "FR", "NULL"],
        lid=["有", "无", "有", "无"],
        finish=["matt black", "NA", "glossy", "NA"],
    )
    attributes = [json.loads(text) for text in cleaned.frame["attributes"]]
    assert [facts.get("country") for facts in attributes] == ["DE", "NA", "FR", None]
    assert [facts.get("lid") for facts in attributes] == ["有", "无", "有", "无"]
    assert [facts.get("finish") for facts in attributes] == ["matt black", None, "glossy", None]


def test_rows_that_are_expected_to_be_unusable_are_left_out_and_counted() -> None:
    searches = read("searches", query=["red cup", "(not set)", "none of these"], clicks=["1"] * 3)
    assert searches.frame["query"].tolist() == ["red cup", "none of these"]
    reviews = read(
        "reviews",
        comment=["Nice", None, "此用户未填写评价。", "n/a"],
        stars=["5", "4", "5", None],
    )
    assert reviews.frame["text"].tolist() == ["Nice"]
    orders = read(
        "orders",
        InvoiceNo=["1", "C2"],
        StockCode=["A", "B"],
        Quantity=["3", "-1"],
    )
    assert orders.frame["quantity"].tolist() == [3]
    pairs = read("judgments", query=["cup", "tea"], docid=["1", None], rating=["3", None])
    assert pairs.frame["query"].tolist() == ["cup"]
    assert not [cleaned for cleaned in (searches, reviews, orders, pairs) if cleaned.errors]
    assert (searches.rejected, reviews.rejected, orders.rejected, pairs.rejected) == (1, 3, 1, 1)
    assert notes(orders) == {"returns Quantity": 1}
    assert notes(pairs) == {"unrated rating": 1}


def test_ids_lose_what_keeps_spreadsheets_from_changing_them() -> None:
    cleaned = read(
        "orders", order_id=['="00712"', '="00713"\t'], sku=["A-1\t", '="A-2"'], qty=["1", "2"]
    )
    assert cleaned.frame["order_id"].tolist() == ["00712", "00713"]
    assert cleaned.frame["product_id"].tolist() == ["A-1", "A-2"]
    assert not cleaned.problems


PRICES = {
    "99.00-199.00": 99,
    "$12.99 - $19.99": 12.99,
    "1.2万": 12_000,
    "￥59.9起": 59.9,
    "Rs. 1,23,456.00": 123_456,
    "Rs.849/-": 849,
    "MRP ₹2,499.00": 2_499,
    "1\u202f299,00 €": 1_299,
    "à partir de 24,50 €": 24.5,
    "From $24.00": 24,
    "USD 35": 35,
    "Free": 0,
    "١٬٢٩٩٫٥٠ ر.س": 1_299.5,
    "１２９元": 129,
    "12 for 20": None,
    "2024-03-05": None,
    "199-99": None,
    "面议": None,
}


@pytest.mark.parametrize(("text", "amount"), PRICES.items())
def test_prices_as_shops_write_them(text: str, amount: float | None) -> None:
    numbers, unread = read_prices(column(text))
    assert numbers.tolist() == (
        [amount] if amount is not None else pytest.approx([float("nan")], nan_ok=True)
    )
    assert unread.tolist() == [amount is None]


def test_only_prices_have_ranges() -> None:
    assert read_numbers(column("1-2"))[1].tolist() == [True]


def test_an_arabic_decimal_sign_is_none_of_thousands() -> None:
    assert read_prices(column("12,50", "١٢٫٥"))[0].tolist() == [12.5, 12.5]


def test_signs_without_width_make_no_other_query() -> None:
    queries = read("searches", query=["red cup", "\u200fred cup\u200e", "red c\u200bup"]).frame[
        "query"
    ]
    assert queries.nunique() == 1
