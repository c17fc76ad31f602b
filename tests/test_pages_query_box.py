"""The query box: what is suggested below it, in both languages, and never as markup."""

import threading
from dataclasses import replace

import pytest

from engine.errors import ShoplabError
from engine.serving import client
from engine.serving.question import Question
from engine.tasks.search.answers import SearchAnswer, SearchInput
from pages.ui.parts import query_suggestions
from tests.doubles import search
from tests.shop_double import HOSTILE, clean, open_page, small_shop
from tests.waiting import LONG

NEAR = search.predict(SearchInput("waterproof coat"), "untuned")


def shown(app) -> dict:
    """What the component below the box was given."""
    given = [element.proto for element in app.get("bidi_component")]
    (found,) = (one for one in given if one.component_name == "query_suggestions")
    return found


def answered(shop, typed: str, settled: bool = False) -> list[dict]:
    """The suggestions as soon as all are there, asked for again and again as the component does."""
    while not (found := query_suggestions.view(shop, "q", typed, 200, settled))["ready"]:
        pass
    return found["items"]


@pytest.mark.parametrize(
    ("language", "kind", "products"),
    [("en", "category", "12 products"), ("zh", "类目", "12 件商品")],
)
def test_each_suggestion_says_what_it_is_in_both_languages(
    models, monkeypatch, language, kind, products
) -> None:
    shop = small_shop(language)
    said: list[str] = []
    monkeypatch.setattr(query_suggestions, "_COMPONENT", lambda **how: said.append(how["data"]))
    answered(shop, "")
    app = clean(open_page("search", shop, language))
    items = {item["text"]: item["note"] for item in said[-1]["items"]}
    assert items["Clothing"] == f"{kind} · {products}"
    assert "rain jacket" in items and said[-1]["box"] == "q"
    assert app.text_input[0].label


def test_what_is_typed_is_suggested_for(models, monkeypatch) -> None:
    shop = small_shop()
    answered(shop, "")
    said: list[dict] = []
    monkeypatch.setattr(query_suggestions, "_COMPONENT", lambda **how: said.append(how["data"]))
    app = open_page("search", shop)
    app.session_state["suggestions"] = {"typed": {"text": "teap", "settled": False}}
    clean(app.run())
    assert said[-1]["items"][0]["text"] == "teapot"
    assert all("teap" in item["text"].lower() for item in said[-1]["items"])


def test_texts_too_long_for_the_box_are_not_suggested(models) -> None:
    shop = small_shop()
    assert HOSTILE in {item["text"] for item in answered(shop, "hyperlink")}
    found = query_suggestions.view(shop, "q", "hyperlink", len(HOSTILE) - 1)
    assert HOSTILE not in {item["text"] for item in found["items"]}


@pytest.mark.parametrize("page", ["search", "intent"])
def test_the_component_is_mounted_below_the_box(models, page) -> None:
    app = clean(open_page(page, small_shop()))
    assert shown(app).js_content


def test_near_queries_come_only_from_a_model_that_is_ready_and_once_typing_rests(
    models, monkeypatch
) -> None:
    shop = small_shop()
    answered(shop, "")

    def ask(question: Question, timeout: float) -> list[SearchAnswer]:
        models.asked.append(question)
        return [replace(NEAR, near=("something dry for the trail", "never heard of"))]

    monkeypatch.setattr(client, "ask", ask)
    assert not answered(shop, "waterproof coat", settled=True)
    assert not models.asked
    query_suggestions.model_is_ready(shop, "tent")
    assert not answered(shop, "waterproof coat")
    (item,) = answered(shop, "waterproof coat", settled=True)
    assert item["text"] == "something dry for the trail" and item["note"].endswith(
        "similar meaning"
    )


def test_a_failing_model_leaves_typing_alone(models, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ShoplabError("inference.died", status=1, log="x")

    shop = small_shop()
    answered(shop, "")
    query_suggestions.model_is_ready(shop, "tent")
    monkeypatch.setattr(client, "ask", fail)
    assert answered(shop, "teapots for two", settled=True) == []
    assert answered(shop, "teap", settled=True)


def test_what_is_not_there_yet_is_asked_for_again(models, monkeypatch) -> None:
    shop, release = small_shop(), threading.Event()

    def slow(*_: object) -> list[SearchAnswer]:
        release.wait(LONG)
        return [replace(NEAR, near=("something dry for the trail",))]

    answered(shop, "")
    query_suggestions.model_is_ready(shop, "tent")
    monkeypatch.setattr(client, "ask", slow)
    asked = (shop, "q", "waterproof coat", 200)
    assert query_suggestions.view(*asked, settled=False)["ready"]
    first = query_suggestions.view(*asked, settled=True)
    assert not first["ready"] and not first["items"]
    release.set()
    (item,) = answered(shop, "waterproof coat", settled=True)
    assert item["text"] == "something dry for the trail"


def test_an_answer_differs_from_the_last_one_though_nothing_is_ready_yet(
    models, monkeypatch
) -> None:
    # Streamlit passes on what changed alone, and the component asks again when it is answered.
    shop, said = small_shop(), []
    monkeypatch.setattr(query_suggestions, "shop_suggester", lambda _: release.wait(LONG))
    monkeypatch.setattr(query_suggestions, "_COMPONENT", lambda **how: said.append(how["data"]))
    release = threading.Event()
    app = open_page("search", shop)
    for number in (1, 2):
        app.session_state["suggestions"] = {
            "typed": {"text": "", "settled": True, "number": number}
        }
        clean(app.run())
    release.set()
    assert [answer["ready"] for answer in said[-3:]] == [False] * 3
    assert [answer["number"] for answer in said[-3:]] == [0, 1, 2]
