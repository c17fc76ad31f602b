"""What every package takes from tables: category paths, texts, prices, shared derivations."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.catalog_words import full_text_index, passage_index
from engine.retrieval.filter_reader import shop_filters
from engine.tables.categories import (
    cut_path,
    depth,
    is_within,
    join_levels,
    leaf,
    leaves,
    levels,
    top_level,
)
from engine.tables.prices import price_z
from engine.tables.product_text import passages, searchable_texts, summary
from engine.tables.schema import CATEGORY_SEPARATOR
from engine.tables.tables import Tables, derived
from tests.tiny_shop import tiny_tables


@given(st.text(max_size=30))
def test_the_parts_of_a_category_path_agree(path: str) -> None:
    names = levels(path)
    assert names == path.split(CATEGORY_SEPARATOR)
    assert (top_level(path), leaf(path), depth(path)) == (names[0], names[-1], len(names))
    assert join_levels(names) == path
    for most in range(1, len(names) + 1):
        assert is_within(path, cut_path(path, most))


def test_a_category_holds_itself_and_what_lies_below_it() -> None:
    assert is_within("Kitchen > Mugs", "Kitchen")
    assert is_within("Kitchen", "Kitchen")
    assert not is_within("Kitchenware", "Kitchen")
    assert leaves(pd.Series(["Kitchen > Mugs", None])) == ["Mugs", ""]


def test_the_texts_of_a_product_say_more_or_less_of_it() -> None:
    product = pd.DataFrame(
        {
            "title": ["Red mug"],
            "description": [None],
            "category": ["Kitchen > Mugs"],
            "brand": ["Acme"],
            "attributes": ['{"material": "enamel"}'],
        }
    )
    assert passages(product).tolist() == ["Red mug. "]
    assert searchable_texts(product).tolist() == ["Red mug.  Kitchen > Mugs Acme enamel"]
    assert summary("Red mug", "Keeps tea warm.") == "Red mug\nKeeps tea warm."
    assert summary("Red mug", "Red mug") == summary("Red mug", None) == "Red mug"


def test_prices_are_scored_within_their_category() -> None:
    prices = pd.Series([10.0, 20.0, 100.0, 200.0, None, 0.0, 5.0])
    scores = price_z(prices, ["mugs", "mugs", "pots", "pots", "pots", "pots", "odd"])
    assert scores == pytest.approx([-(0.5**0.5), 0.5**0.5] * 2 + [0, 0, 0], abs=1e-6)
    assert price_z(pd.Series([10.0, 10.01]), ["mugs", "mugs"])[1] < 0.01
    assert price_z(pd.Series([], dtype=float), []).shape == (0,)


def test_what_is_derived_from_tables_is_made_once() -> None:
    made: list[Tables] = []

    @derived
    def first(tables: Tables) -> object:
        made.append(tables)
        return object()

    @derived
    def second(tables: Tables) -> object:
        return (first(tables),)

    one, other = Tables(), Tables()
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(second, [one] * 8))
    assert all(result is results[0] for result in results)
    assert first(one) is not first(other)
    assert made == [one, other]


def test_a_catalog_is_indexed_once() -> None:
    tables = tiny_tables()
    assert passage_index(tables) is passage_index(tables)
    assert full_text_index(tables) is not passage_index(tables)
    assert shop_filters(tables) is shop_filters(tables)
    scores = passage_index(tables).scores(tables.products["title"].iloc[0])
    assert np.argmax(scores) == 0


def test_tables_that_differ_in_corrections_share_what_is_derived_and_not_the_fingerprint() -> None:
    rows = tiny_tables()
    label = {"task": ["intent"], "input": ["mug"], "head": ["intent"], "label": ["gift"]}
    corrected = rows.with_corrections(pd.DataFrame(label))
    assert full_text_index(corrected) is full_text_index(rows)
    again = corrected.with_corrections(rows.corrections)
    assert full_text_index(again) is full_text_index(rows)
    assert corrected.fingerprint != rows.fingerprint == again.fingerprint
