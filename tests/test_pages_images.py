"""The part of the catalog page that shows pictures, in both languages, without a browser."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import ShoplabError
from engine.images import fetch
from engine.images.answers import (
    READ,
    SEARCH,
    Doubt,
    ImageAnswer,
    ImageModel,
    ImageQuery,
    ImageResult,
    ReadProgress,
)
from engine.images.image_store import Brought, Pictures
from engine.images.image_vectors import DEFAULT, PictureVectors, write_vectors
from engine.serving import client
from engine.serving.question import Question
from engine.storage.workspace import Workspace
from pages.ui.images import add
from tests.pictures import encoded, product
from tests.shop_double import HOSTILE, clean, said_on, small_shop, texts_of
from tests.test_images_store import zipped
from tests.waiting import LONG

LOOKS = ("red", "blue", "green", "black")


class Eyes:
    """Stands where the model process answers questions about pictures."""

    def __init__(self) -> None:
        self.asked: list[ImageModel | ImageQuery] = []

    def ask(self, question: Question, timeout: float) -> ReadProgress | ImageAnswer | list[Doubt]:
        assert question.call.service == "pictures"
        self.asked.append(question.body)
        pictures = Pictures(Workspace.open(question.workspace).folder)
        table = pictures.table()
        names = list(dict.fromkeys(table["picture"]))
        if question.call == READ:
            tags = [json.dumps([["mug", 0.8], ["bowl", 0.1]])] * len(names)
            matrix = np.eye(len(names), 8, dtype=np.float32) + 0.1
            vectors = PictureVectors(names, matrix, tags, "f")
            write_vectors(pictures, question.body.model, vectors)
            return ReadProgress(len(names), 0, [])
        if question.call == SEARCH:
            rows = zip(table["product_id"], table["picture"], strict=True)
            return ImageAnswer([ImageResult(*row, 0.9) for row in rows], [("mug", 0.7)])
        colour = Doubt("colour", "P00", names[0], ("red",), ("blue", "white"), 0.97, True)
        category = replace(colour, kind="category", stated=(HOSTILE,), seen=("Mugs",), sure=False)
        return [category, colour, replace(colour, kind="title", stated=(HOSTILE,), seen=())]


@pytest.fixture
def eyes(home: Path, monkeypatch: pytest.MonkeyPatch) -> Eyes:
    found = Eyes()
    monkeypatch.setattr(client, "ask", found.ask)
    return found


def page(key: str, language: str) -> None:
    import streamlit as st

    from engine.storage.workspace import Workspace
    from pages.ui.catalog.images import show_images

    st.session_state["lang"] = language
    found = Workspace.by_key(key)
    assert found
    show_images(found)


def show(shop: Workspace, language: str = "en", view: str | None = None) -> AppTest:
    app = AppTest.from_function(page, default_timeout=LONG, args=(shop.key, language))
    if view:
        app.session_state["images_view"] = view
    return clean(app.run())


def with_pictures(language: str = "en") -> Workspace:
    shop = small_shop(language)
    Pictures(shop.folder).add(
        Brought(f"P{n:02}" if n else "P23", "x", encoded(product(look)))
        for n, look in enumerate(LOOKS)
    )
    return shop


def press(app: AppTest, key: str) -> AppTest:
    return clean(next(button for button in app.button if button.key == key).click().run())


@pytest.mark.parametrize(("language", "word"), [("en", "Upload images"), ("zh", "上传图片")])
def test_without_pictures_it_says_how_to_bring_them(eyes, language, word) -> None:
    app = show(small_shop(language), language)
    assert word in str(app.get("file_uploader")[0].proto.label)
    assert not app.get("plotly_chart") and not eyes.asked


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return bring(app, "pictures_0", *files)


def bring(app: AppTest, key: str, *files: tuple[str, bytes]) -> AppTest:
    uploader = next(one for one in app.file_uploader if one.key == key)
    typed = [(name, content, "application/octet-stream") for name, content in files]
    return clean(uploader.set_value(typed if len(typed) > 1 else typed[0]).run())


def test_uploads_and_a_zip_find_their_products_and_bad_ones_are_told(eyes) -> None:
    shop = small_shop()
    good = encoded(product("red"))
    files = [
        ("P01.png", good), ("p02_2.png", encoded(product("blue"))), ("nothing.png", good),
        ("P03.png", b"<svg onload='alert(1)'/>"), ("broken.zip", b"PK"),
        ("my.zip", zipped({"P04.png": good}).getvalue()),
    ]  # fmt: skip
    app = upload(show(shop), *files)
    assert Pictures(shop.folder).table()["product_id"].tolist() == ["P01", "P02", "P04"]
    said = said_on(app)
    assert "3 images added" in app.success[0].value and "3 images were left out" in said
    reasons = "\n".join(app.dataframe[0].value["reason"])
    assert "SVG" in reasons and "does not name a product" in reasons and "not a ZIP" in reasons


def test_all_pictures_may_show_one_product(eyes) -> None:
    shop = small_shop()
    app = show(shop)
    app.text_input(key="picture_product").set_value("p07")
    upload(app, ("front.png", encoded(product("red"))), ("back.png", encoded(product("blue"))))
    assert Pictures(shop.folder).table()["product_id"].tolist() == ["P07", "P07"]


def linked(shop: Workspace, links: list[str | None]) -> None:
    products = shop.tables().products.copy()
    products.loc[: len(links) - 1, "image"] = links
    shop.replace_tables({"products": products}, {})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_links_are_fetched_only_on_a_press_and_the_hosts_are_named_before(
    eyes, monkeypatch, language
) -> None:
    shop = small_shop(language)
    linked(shop, ["http://a.example/1", "http://a.example/2", "https://b.example/3"])
    asked: list[str] = []

    def answer(link: str, *_: object) -> bytes:
        asked.append(link)
        if link.endswith("2"):
            raise ShoplabError("images.too_slow", host="a.example", seconds=15)
        return encoded(product("red" if link.endswith("1") else "blue"))

    monkeypatch.setattr(fetch, "fetch", answer)
    app = show(shop, language)
    said = said_on(app)
    assert "a.example (2)" in said and "b.example (1)" in said
    assert asked == []
    app = press(app, "fetch_pictures")
    assert sorted(asked) == ["http://a.example/1", "http://a.example/2", "https://b.example/3"]
    assert sorted(Pictures(shop.folder).table()["product_id"]) == ["P00", "P02"]
    assert {"en": "a.example did not send", "zh": "a.example 没有在"}[language] in said_on(app)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_gallery_shows_colours_and_after_reading_tags(eyes, language) -> None:
    app = show(with_pictures(language), language)
    said = said_on(app)
    assert {"en": "red 100%", "zh": "红色 100%"}[language] in said
    assert len(app.get("plotly_chart")) == 1
    assert len(app.get("image")) == 4
    assert {"en": "mug or cup 80%", "zh": "马克杯 80%"}[language] not in said
    app = press(app, "read_pictures")
    assert {"en": "mug or cup 80%", "zh": "马克杯 80%"}[language] in said_on(app)
    assert not [button for button in app.button if button.key == "read_pictures"]
    assert len(eyes.asked) == 1


def test_the_gallery_is_narrowed_by_colour(eyes) -> None:
    app = show(with_pictures())
    clean(app.selectbox(key="pictures_colour").select("blue").run())
    assert len(app.get("image")) == 1


def test_a_hostile_title_is_never_markup(eyes) -> None:
    shop = with_pictures()
    for view in ("gallery", "doubts", "search"):
        said = texts_of(press_read(shop, view))
        assert (
            "**bold**" not in said and "![a](" not in said and "<img" not in said.replace("\\<", "")
        )


def press_read(shop: Workspace, view: str, language: str = "en") -> AppTest:
    app = show(shop, language, view)
    if any(button.key == "read_pictures" for button in app.button):
        app = press(app, "read_pictures")
    return app


@pytest.mark.parametrize("language", ["en", "zh"])
def test_doubts_are_shown_the_strong_ones_first_with_what_they_rest_on(eyes, language) -> None:
    app = press_read(with_pictures(language), "doubts", language)
    said = said_on(app)
    assert {"en": "The text says red, but the image shows blue, white. For 97%",
            "zh": "文字写的是红色，图片显示的是蓝色、白色"}[language] in said  # fmt: skip
    assert said.index("97%") < said.index("Mugs")
    assert len(app.dataframe[0].value) == 3


def test_a_picture_finds_products_and_a_bad_one_is_told(eyes) -> None:
    app = press_read(with_pictures(), "search")
    bring(app, "picture_query", ("q.png", encoded(product("red"))))
    assert "4 products look similar" in said_on(app)
    question = eyes.asked[-1]
    assert question.name == "q.png"
    assert base64.b64decode(question.picture)[:4] == b"RIFF"
    assert question.model == DEFAULT
    assert not [one for one in app.text_input if one.key == "picture_text"]
    bring(app, "picture_query", ("q.png", b"no picture"))
    assert "q.png" in said_on(app) and "not an image that can be opened" in said_on(app)


def test_words_search_where_the_model_reads_texts(eyes) -> None:
    shop = with_pictures()
    app = show(shop, view="search")
    app.text_input(key="image_model").set_value("someone/clip").run()
    app = press(app, "read_pictures")
    clean(app.text_input(key="picture_text").set_value("red mug").run())
    assert eyes.asked[-1].text == "red mug" and eyes.asked[-1].model == "someone/clip"
    assert "4 products look similar" in said_on(app)


def test_everything_can_be_removed(eyes) -> None:
    shop = with_pictures()
    press(show(shop), "clear_pictures")
    assert Pictures(shop.folder).table().empty


def test_a_wrong_picture_is_removed_where_it_is_doubted(eyes) -> None:
    shop = with_pictures()
    before = Pictures(shop.folder).table()
    press(press_read(shop, "doubts"), f"remove_colour_P00_{before['picture'].iloc[0]}")
    after = Pictures(shop.folder).table()
    assert after["picture"].tolist() == before["picture"].tolist()[1:]


def test_a_link_without_a_host_is_named_as_it_is() -> None:
    host: Callable[[str], str] = add._host
    assert [host(link) for link in ("http://a/x", "http://[::1", "x")] == ["a", "http://[::1", "x"]
