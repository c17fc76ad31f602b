"""Where picture and text disagree: found where they do, silent where they do not."""

import json

import numpy as np
import pandas as pd
import pytest

from engine.images.colours import dominant
from engine.images.mismatch import category_doubts, colour_doubts, stated_colours, title_doubts
from tests.pictures import product

LOOKS = {"red": "#C8141E", "blue": "#1E5FD0", "green": "#2E8B3D", "black": "#141414"}


def shop(colours: list[str], shown: list[str]) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """Products that state `colours` in a column, and pictures that show `shown`."""
    ids = [f"P{n:02}" for n in range(len(colours))]
    products = pd.DataFrame({"product_id": ids, "title": "Cup"})
    products["attributes"] = [json.dumps({"Color": colour}) for colour in colours]
    table = pd.DataFrame({"product_id": ids, "picture": shown})
    palettes = {name: dominant(product(look, "disc")) for name, look in LOOKS.items()}
    return products, table, palettes


def test_a_stated_colour_that_no_picture_shows_is_doubted() -> None:
    said = list(LOOKS) * 8
    shown = list(said)
    shown[4] = "blue"  # which says red
    (doubt,) = colour_doubts(*shop(said, shown))
    assert (doubt.kind, doubt.product_id, doubt.stated, doubt.seen) == (
        "colour", "P04", ("red",), ("blue",),
    )  # fmt: skip
    assert doubt.share == pytest.approx(31 / 32) and doubt.sure


def test_one_fitting_picture_or_one_fitting_word_is_enough() -> None:
    products, table, palettes = shop(["red", "red / blue"] * 12, ["red", "blue"] * 12)
    more = pd.DataFrame({"product_id": ["P00"], "picture": ["green"]})
    assert colour_doubts(products, pd.concat([table, more]), palettes) == []


def test_with_few_products_a_doubt_is_not_sure() -> None:
    (doubt,) = colour_doubts(*shop(["red", "blue"], ["green", "blue"]))
    assert not doubt.sure


def test_where_pictures_never_fit_the_words_nobody_is_singled_out() -> None:
    # A shop that shows everything on one green poster says nothing with its colours.
    said = ["red", "blue", "black"] * 10
    assert len(colour_doubts(*shop(said, ["green"] * 30))) < 15


def test_metal_colours_and_unknown_words_are_left_alone() -> None:
    assert colour_doubts(*shop(["gold", "rainbow", "silver"] * 9, ["black"] * 27)) == []


def test_the_column_of_colours_comes_before_the_title() -> None:
    attributes = [
        json.dumps({"Color": "blue"}), json.dumps({"颜色": "黑"}), json.dumps({"Size": "M"}), None,
    ]  # fmt: skip
    products = pd.DataFrame(
        {"product_id": list("abcd"), "title": "Red cup", "attributes": attributes}
    )
    assert stated_colours(products) == {"a": ["blue"], "b": ["black"], "c": ["red"], "d": ["red"]}


def clouds(rng: np.random.Generator, counts: dict[str, int]) -> tuple[pd.DataFrame, ...]:
    """Products of each category with a picture vector near their category's own direction."""
    rows = [(name, n) for name, count in counts.items() for n in range(count)]
    centres = {name: rng.normal(size=32) for name in counts}
    ids = [f"{name}{n}" for name, n in rows]
    products = pd.DataFrame({"product_id": ids, "title": ids, "category": [n for n, _ in rows]})
    products["category"] = products["category"] + " > Deeper"
    table = pd.DataFrame({"product_id": ids, "picture": [f"pic-{one}" for one in ids]})
    made = {}
    for (name, _), one in zip(rows, ids, strict=True):
        vector = centres[name] + rng.normal(size=32) * 0.5
        made[f"pic-{one}"] = (vector / np.linalg.norm(vector)).astype(np.float32)
    return products, table, made, centres


def test_a_picture_like_those_of_another_category_is_doubted() -> None:
    products, table, vectors, _ = clouds(np.random.default_rng(1), {"Mug": 20, "Shoe": 20})
    assert category_doubts(products, table, vectors) == []
    products.loc[products["product_id"] == "Mug3", "category"] = "Shoe"
    (doubt,) = category_doubts(products, table, vectors)
    assert (doubt.product_id, doubt.stated, doubt.seen) == ("Mug3", ("Shoe",), ("Mug",))
    assert doubt.share == pytest.approx(1) and doubt.sure


def test_other_pictures_of_the_product_do_not_vote() -> None:
    products, table, vectors, _ = clouds(np.random.default_rng(1), {"Mug": 20, "Shoe": 20})
    products.loc[products["product_id"] == "Mug3", "category"] = "Shoe"
    # Twenty more pictures of the wrong product, all alike, and one of them shared.
    rng = np.random.default_rng(2)
    more = []
    for n in range(20):
        vector = vectors["pic-Mug3"] + rng.normal(size=32).astype(np.float32) * 0.01
        vectors[f"more{n}"] = vector / np.linalg.norm(vector)
        more.append({"product_id": "Mug3", "picture": f"more{n}"})
    table = pd.concat([table, pd.DataFrame(more)])
    doubts = category_doubts(products, table, vectors)
    assert {doubt.product_id for doubt in doubts} == {"Mug3"}
    assert {doubt.seen for doubt in doubts} == {("Mug",)}


def test_small_categories_and_single_ones_are_left_alone() -> None:
    products, table, vectors, _ = clouds(np.random.default_rng(1), {"Mug": 20, "Odd": 3})
    assert category_doubts(products, table, vectors) == []
    assert category_doubts(products, table.head(0), vectors) == []


def test_a_title_that_fits_other_pictures_better_is_doubted() -> None:
    products, table, vectors, centres = clouds(np.random.default_rng(1), {"Mug": 20, "Shoe": 20})
    titles = {
        one: centres[one.rstrip("0123456789")].astype(np.float32) for one in products["product_id"]
    }
    assert all(doubt.share < 0.6 for doubt in title_doubts(products, table, vectors, titles))
    titles["Mug3"] = titles["Shoe1"]
    doubts = title_doubts(products, table, vectors, titles)
    assert (doubts[0].product_id, doubts[0].kind) == ("Mug3", "title")
    assert title_doubts(products.head(5), table.head(5), vectors, titles) == []
