"""The sample shops have pictures: drawn once a machine, a few wrong on purpose."""

import numpy as np
import pandas as pd
import pytest

from engine.images import sample_pictures
from engine.images.colours import dominant
from engine.images.image_store import Pictures
from engine.images.sample_pictures import drawn_pictures, match_sample_pictures
from engine.settings import SAMPLE_DATA
from engine.simulation.drawing import COLOURS, draw_product, styles_of
from engine.simulation.simulate import make_sample
from engine.simulation.word_lists import load_words
from engine.storage.workspace import Workspace

PRODUCTS = pd.DataFrame({"product_id": ["P00001"], "title": ["Rain Jacket"]})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_style_of_every_category_is_drawn_in_its_colour(language: str) -> None:
    words = load_words(language)
    assert len(words.colors) == len(COLOURS)
    for category in words.categories:
        assert styles_of(category.id) == len(category.style)
    drawings = [draw_product(words.categories[0].id, 0, colour) for colour in range(len(COLOURS))]
    shown = [np.asarray(drawing).reshape(-1, 3).mean(axis=0).round() for drawing in drawings]
    assert len({tuple(mean) for mean in shown}) == len(COLOURS)
    assert "green" in [colour.name for colour in dominant(drawings[3]).colours]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_shop_that_is_drawn_is_the_one_in_the_files(language: str) -> None:
    titles = pd.read_csv(SAMPLE_DATA / language / "products.csv")["title"].tolist()
    assert make_sample(language).titles == titles


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, home) -> None:
    """A shop of which only the first products are drawn, so that it takes a moment."""
    monkeypatch.setattr(sample_pictures, "SAMPLE_PRODUCTS", 40)
    monkeypatch.setattr(sample_pictures, "WRONG_SHARE", 0.1)


def test_pictures_follow_the_shop(few) -> None:
    shop = Workspace.create("shop", "en")
    shop.replace_tables({"products": PRODUCTS}, {})
    match_sample_pictures(shop)
    assert Pictures(shop.folder).table().empty
    shop.set_sample("en")
    match_sample_pictures(shop)
    table = Pictures(shop.folder).table()
    assert len(table) == 40
    assert set(table["source"]) == {"sample-en"}
    shop.replace_tables({"products": PRODUCTS.assign(title="My own")}, {})
    match_sample_pictures(shop)
    assert Pictures(shop.folder).table().empty


def test_a_few_pictures_show_something_else(few, monkeypatch) -> None:
    shown = drawn_pictures("en").table().set_index("product_id")["picture"]
    monkeypatch.setattr(sample_pictures, "WRONG_SHARE", 0.0)
    monkeypatch.setattr(sample_pictures, "VERSION", "right")
    right = drawn_pictures("en").table().set_index("product_id")["picture"]
    assert 0 < (shown.sort_index() != right.sort_index()).sum() <= 4
