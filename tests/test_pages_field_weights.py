"""Field weights that people move, and why a learned order puts a product where it is."""

import re

import pytest

from engine.messages import LANGUAGES
from tests.card_presses import press
from tests.runs_double import finish_run
from tests.shop_double import clean, open_page, said_on, small_shop

TITLES = {"en": "Field weights", "zh": "字段权重"}
LEARNED = {"en": "Words in the title", "zh": "标题中的词"}


def trained(shop) -> None:  # type: ignore[no-untyped-def]
    figures = {"ndcg@10": 0.5}
    finish_run(
        shop,
        "search",
        primary_metric="ndcg@10",
        recommended="hybrid_tuned",
        before=figures,
        after=figures,
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_moving_a_weight_shows_what_it_does(models, language: str) -> None:  # type: ignore[no-untyped-def]
    shop = small_shop()
    trained(shop)
    app = open_page("search", shop, language)
    app.session_state["search_view"] = TITLES[language]
    app = clean(app.run())
    assert "0.100" in said_on(app) and "0.200" in said_on(app)
    app = clean(next(one for one in app.slider if one.key == "weight_title").set_value(2.0).run())
    assert "0.150" in said_on(app)
    app = clean(next(one for one in app.button if one.key == "weights_learned").click().run())
    assert next(one for one in app.slider if one.key == "weight_title").value == 4.0
    assert LEARNED[language] in said_on(app), "what counts most in the order is said in words"


def test_without_a_run_the_view_says_what_to_do(models) -> None:  # type: ignore[no-untyped-def]
    app = open_page("search", small_shop())
    app.session_state["search_view"] = TITLES["en"]
    app = clean(app.run())
    assert re.search("Train search first", app.info[0].value)
    assert not [one for one in app.slider if str(one.key).startswith("weight_")]


def test_the_dialog_says_what_counts_in_the_learned_order(models) -> None:  # type: ignore[no-untyped-def]
    shop = small_shop()
    trained(shop)
    app = clean(open_page("search", shop, q="rain jacket"))
    app = clean(press(app, "cards_tuned", "why", 1))
    assert "“Words in the title” counts most for this product" in said_on(app)
