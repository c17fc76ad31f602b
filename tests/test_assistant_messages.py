"""The customer messages of the assistant's test: what they expect has to be true by the data."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

PROJECT = Path(__file__).parent.parent
DATA = PROJECT / "tests" / "data"
KINDS = {"catalog", "reviews", "policy", "orders"}


def read_messages(language: str) -> list[dict[str, Any]]:
    lines = (DATA / f"assistant_{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def read_table(language: str, name: str) -> pd.DataFrame:
    file = PROJECT / "sample_data" / language / f"{name}.csv"
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_language_has_a_hundred_different_messages(language: str) -> None:
    messages = read_messages(language)
    assert len(messages) == 100
    assert len({(one["message"], *one.get("context", [])) for one in messages}) == 100
    for one in messages:
        assert one["do"] in ("answer", "hand_over")
        answered = one["do"] == "answer"
        assert bool(one["any"]) == bool(one["source"]) == answered, one["message"]
        assert set(one["source"]) <= KINDS and one["why"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_expected_stands_in_the_sources(language: str) -> None:
    products, reviews = read_table(language, "products"), read_table(language, "reviews")
    rating = reviews["rating"].astype(int).groupby(reviews["product_id"]).mean()
    texts = {
        "catalog": "\n".join(products.agg("\n".join, axis=1)).lower(),
        "reviews": "\n".join([*reviews["text"], *(f"{r:.1f} {r:.2f}" for r in rating)]).lower(),
        "policy": (DATA / f"policy_{language}.md").read_text(encoding="utf-8").lower(),
    }
    for one in read_messages(language):
        for kind in set(one["source"]) - {"orders"}:
            for text in one["any"]:
                assert text.lower() in texts[kind], (one["message"], text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_questions_about_orders_are_about_the_customer_s_own(language: str) -> None:
    orders, products = read_table(language, "orders"), read_table(language, "products")
    titles = products.set_index("product_id")["title"]
    asked = [one for one in read_messages(language) if one["source"] == ["orders"]]
    assert len(asked) == 10
    for one in asked:
        own = orders[orders["user_id"] == one["customer"]]
        paid = own["price"].astype(float) * own["quantity"].astype(int)
        sums = [paid.sum(), *paid.groupby(own["order_id"]).sum()]
        days = own["time"].str[:10]
        true = {*own["product_id"].map(titles), *own["price"], *days, *map("{:.2f}".format, sums)}
        assert set(one["any"]) & true, one["message"]
