"""Filters and the session's clicks on the search page, in both languages."""

import pandas as pd
import pytest

from engine.storage.feedback import Feedback
from engine.storage.workspace import Workspace
from tests.card_presses import press
from tests.shop_double import clean, open_page, said_on, small_shop


def chips(app):
    return next(group for group in app.get("button_group") if "filters_" in (group.key or ""))


def asked_last(models) -> dict:
    items = [ask[3][0] for ask in models.asked if ask[:2] == ("search", "predict")]
    return [item for item in items if not item["near"]][-1]


@pytest.mark.parametrize(
    ("language", "query", "price", "left"),
    [
        ("en", "acme teapot under 25", "Price: up to 25", "teapot"),
        ("zh", "25元以内的acme teapot", "价格：不超过 25", "teapot"),
    ],
)
def test_filters_are_read_shown_and_sent(models, language, query, price, left) -> None:
    app = clean(open_page("search", small_shop(language), language, q=query))
    said = said_on(app)
    assert price in said and "Acme" in said and f"“{left}”" in said
    sent = asked_last(models)
    assert sent["query"] == left
    assert {(one["field"], one["high"]) for one in sent["filters"] if one["field"] == "price"} == {
        ("price", 25.0)
    }
    assert any(one["field"] == "brand" for one in sent["filters"])


def test_a_filter_taken_off_is_searched_for_instead(models) -> None:
    app = open_page("search", small_shop(), q="acme teapot under 25")
    group = chips(app)
    clean(group.set_value([mark for mark in group.value if not mark.startswith("price")]).run())
    sent = asked_last(models)
    assert sent["query"] == "teapot under 25"
    assert [one["field"] for one in sent["filters"]] == ["brand"]
    clean(chips(app).set_value([]).run())
    assert asked_last(models) == sent | {"query": "acme teapot under 25", "filters": []}


@pytest.mark.parametrize(
    ("language", "said"), [("en", "No product matches"), ("zh", "没有商品同时满足")]
)
def test_filters_that_nothing_fits_are_said(models, language, said) -> None:
    app = clean(open_page("search", small_shop(language), language, q="teapot over 5000"))
    assert said in app.warning[0].value


def test_judging_is_of_the_whole_query(models) -> None:
    app = open_page("search", small_shop(), q="acme teapot under 25")
    app.session_state["search_view"] = "Judge for yourself"
    clean(app.run())
    assert asked_last(models)["query"] == "acme teapot under 25"
    assert asked_last(models)["filters"] == []


def two_brands(language: str = "en"):
    """The small shop, its even products of another brand."""
    shop = small_shop(language)
    frames = {"products": shop.tables().products.copy(), "searches": shop.tables().searches}
    brands = ["Nimbus" if row % 2 else "Acme" for row in range(len(frames["products"]))]
    frames["products"]["brand"] = pd.array(brands, dtype="str")
    shop.replace_tables(frames, {})
    return shop


@pytest.mark.parametrize(
    ("language", "reason", "header"),
    [("en", "you viewed a Nimbus product", "You viewed 1 product in"),
     ("zh", "您看过 Nimbus 的商品", "您看过 1 件商品")],
)  # fmt: skip
def test_a_look_moves_products_like_it_and_says_why(models, language, reason, header) -> None:
    app = open_page("search", two_brands(language), language, q="jacket")
    assert "session_strength" not in [slider.key for slider in app.slider]
    app = clean(press(app, "cards_words", "look", 2))
    said = said_on(app)
    assert reason in said and header in said
    clean(app.slider(key="session_strength").set_value(0).run())
    assert reason not in said_on(app)
    clean(app.slider(key="session_strength").set_value(60).run())
    assert reason in said_on(app)


def test_a_reload_keeps_it_a_reset_forgets_it_and_others_never_see_it(models) -> None:
    shop = two_brands()
    app = open_page("search", shop, q="jacket")
    app = clean(press(app, "cards_words", "look", 2))
    visit = str(app.session_state["visit"])
    assert visit in app.query_params["visit"]
    again = clean(open_page("search", shop, q="jacket", visit=visit))
    assert "you viewed a Nimbus product" in said_on(again)
    stranger = clean(open_page("search", shop, q="jacket"))
    assert "you viewed" not in said_on(stranger)
    other = Workspace.create("other", "en")
    other.replace_tables({"products": shop.tables().products}, {})
    elsewhere = clean(open_page("search", other, q="jacket", visit=visit))
    assert "you viewed" not in said_on(elsewhere)
    next(button for button in again.button if button.key == "session_reset").click()
    clean(again.run())
    assert "you viewed" not in said_on(again) and "visit" not in again.query_params


def test_looks_on_the_search_page_are_no_evidence_about_strategies(models) -> None:
    shop = two_brands()
    app = open_page("search", shop, q="jacket")
    app = clean(press(app, "cards_words", "look", 2))
    with Feedback(shop) as feedback:
        assert feedback.log().empty
        assert len(feedback.events()) == 1
        visit = str(app.session_state["visit"])
        assert feedback.acts(visit) == [("P01", "click")]
        assert feedback.open_list(visit, "jacket") is None
