"""Queries that greet a visitor are frequent and well spelt; a match by words shares real words."""

import pandas as pd
import pytest

from engine.retrieval.bm25 import BM25Index
from engine.retrieval.bm25f import FieldIndex, equal_weights
from engine.retrieval.example_queries import ExampleQuery, example_queries
from engine.tables.product_text import FIELDS
from engine.tables.schema import TABLES
from engine.tables.tables import Tables

TITLES = {
    "en": ["Rain Jacket for men", "Trail Shoes", "Canvas Backpack", "Wool Socks"],
    "zh": ["防水冲锋衣", "保温水杯", "马克杯", "羊毛袜子"],
}


def shop(language: str, queries: dict[str, int]) -> Tables:
    """A catalog, and each query searched by so many people, each in a session of their own."""
    products = pd.DataFrame({"title": TITLES[language]})
    products["product_id"] = [f"P{n}" for n in range(len(products))]
    rows = [
        {"query": query, "event": "click", "product_id": "P0", "user_id": f"{query}{n}"}
        for query, count in queries.items()
        for n in range(count)
    ]
    searches = pd.DataFrame(rows).reindex(columns=TABLES["searches"].columns)
    searches["session_id"] = searches["user_id"]
    frames = {
        "products": products.reindex(columns=TABLES["products"].columns),
        "searches": searches,
    }
    return Tables(frames, language)


def test_the_frequent_and_well_spelt_ones_greet_and_the_misspelt_one_says_so() -> None:
    own = {f"browse slurpers {word}": 3 for word in ("red", "blue", "tall", "small")}
    queries = {"browse lsurpers": 9, "max 100 sneakers": 8, "trail shoes": 7, "wool socks": 6}
    examples = example_queries(shop("en", queries | own))
    assert examples[:2] == [ExampleQuery("trail shoes"), ExampleQuery("wool socks")]
    assert examples[-1] == ExampleQuery("browse lsurpers", "browse slurpers")
    assert "max 100 sneakers" not in [example.text for example in examples]


def test_in_chinese_a_word_that_sounds_like_another_is_misspelt() -> None:
    own = {f"小太阳{word}": 3 for word in ("台灯", "冬天", "卧室", "送人")}
    examples = example_queries(shop("zh", {"水杯": 9, "袜子": 5} | own))
    assert [example.text for example in examples[:2]] == ["水杯", "袜子"]


@pytest.mark.parametrize("typed", ["around the house", "trail shoe"])
def test_related_words_are_no_mistakes(typed: str) -> None:
    own = {f"round {word}": 3 for word in ("red", "blue", "tall", "small")}
    examples = example_queries(shop("en", {typed: 9} | own))
    assert all(example.meant is None for example in examples)


def test_what_only_one_person_typed_greets_nobody() -> None:
    assert example_queries(shop("en", {"trail shoes": 1})) == []
    assert example_queries(Tables({})) == []


@pytest.mark.parametrize(
    ("query", "first"), [("sofa for men", ["P0"]), ("sofa for", []), ("for", ["P0"])]
)
def test_a_word_like_for_finds_nothing_beside_other_words(query: str, first: list[str]) -> None:
    ids = ["P0", "P1", "P2", "P3"]
    assert list(BM25Index.of_texts(ids, TITLES["en"]).search(query, 4).product_ids) == first
    fields = {name: TITLES["en"] if name == "title" else [""] * 4 for name in FIELDS}
    assert (
        list(FieldIndex.of_texts(ids, fields).search(query, equal_weights(), 4).product_ids)
        == first
    )


@pytest.mark.parametrize("titles", [[], ["!!!"], ["!!!", "???"]])
def test_titles_without_a_word_are_found_by_none(titles: list[str]) -> None:
    index = BM25Index.of_texts([f"P{n}" for n in range(len(titles))], titles)
    assert len(index.search("trail shoes", 4)) == 0
