"""The sentiment page in both languages, over a double of the model process."""

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.reviews.aspects import read_aspects
from engine.storage.workspace import Workspace
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, texts_of, whole

TEXTS = {
    "en": (
        "Good price, good quality",
        "bad battery, it broke",
        "It came on Monday, delivery by van",
    ),
    "zh": ("价格好，质量好", "电池太差了", "周一送到的，快递送的"),
}
VIEWS = {
    "en": ("Praise and complaints", "Trends and alerts", "Product trust", "Media monitoring"),
    "zh": ("夸奖与抱怨", "趋势与预警", "商品可信度", "舆情监测"),
}


def shop_of_reviews(language: str = "en", reviews: int = 120) -> Workspace:
    """A shop whose reviews turn sour in its last third, one of them hostile."""
    workspace = small_shop(language)
    rows = [
        {
            "review_id": f"R{n}",
            "product_id": f"P{n % 6:02}",
            "text": f"{_said(n, reviews, language)} {n}",
            "rating": 1.0 if n % 3 == 0 else 5.0,
            "time": pd.Timestamp("2025-01-01") + pd.Timedelta(days=n),
        }
        for n in range(reviews)
    ]
    rows[1]["text"] = f"{HOSTILE} price good"
    workspace.replace_tables({"reviews": whole("reviews", pd.DataFrame(rows))}, {})
    return workspace


def _said(number: int, reviews: int, language: str) -> str:
    good, bad, plain = TEXTS[language]
    if number % 3 == 0 or number > 0.66 * reviews:
        return bad
    return good if number % 7 else plain


def trained(workspace: Workspace) -> str:
    """A finished run of the task."""
    heldout = pd.DataFrame(
        {
            "input": ["a good one", "a bad one", "good"],
            "head": "sentiment",
            "truth": ["positive", "negative", "negative"],
            "tuned": ["positive", "negative", "positive"],
        }
    )
    config = {"preset": "quick", "epochs": 3}
    return finish_run(workspace, "sentiment", heldout, recommended="tuned", config=config)


def show(workspace: Workspace, view: str, language: str = "en") -> AppTest:
    app = open_page("sentiment", workspace, language)
    app.session_state["sentiment_view"] = view
    return clean(app.run())


@pytest.mark.parametrize(("language", "title"), [("en", "Sentiment"), ("zh", "口碑分析")])
def test_one_review_with_its_aspects_and_words(models, language, title) -> None:
    app = clean(
        open_page("sentiment", shop_of_reviews(language), language, review=TEXTS[language][0])
    )
    assert app.title[0].value == title
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe[0].value) == 2
    asked = [ask[1:3] for ask in models.asked if ask[1] != "warm"]
    assert asked == [("predict", "untuned"), ("explain", "untuned")]


def test_the_tuned_answer_stands_beside_the_untuned(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = clean(open_page("sentiment", shop, review="a bad price"))
    assert len(app.get("plotly_chart")) == 3
    assert "The model reads this as “Negative” with 90% confidence" in said_on(app)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_works_in_both_languages(models, language) -> None:
    shop = shop_of_reviews(language)
    trained(shop)
    for view in VIEWS[language]:
        show(shop, view, language)


def test_praise_and_complaints_lead_to_their_reviews(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = show(shop, "Praise and complaints")
    assert "disappoints most often" in said_on(app)
    app.pills(key="chosen_aspect").select("battery")
    app = clean(app.run())
    clauses = app.dataframe[0].value
    assert clauses.iloc[:, 0].str.contains("battery").all()
    assert len(clauses) > 30


def test_reviews_are_asked_about_once_per_model(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    show(shop, "Praise and complaints")
    asked = len(models.asked)
    show(shop, "Product trust")
    show(shop, "Trends and alerts")
    assert len(models.asked) == asked


def test_many_reviews_are_read_in_parts_that_the_user_chooses(models, monkeypatch) -> None:
    monkeypatch.setattr("pages.ui.sentiment.answers.SIZES", (50, 100))
    shop = shop_of_reviews()
    app = show(shop, "Product trust")
    assert sum(len(ask[3]) for ask in models.asked if ask[1] == "predict") < 200
    options = [option.content for option in app.get("button_group")[0].proto.options]
    assert "Newest 50" in options


LABELS = {"en": "Correct the model", "zh": "纠正模型"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_reviews_labelled_by_hand_make_room_for_others(models, language, monkeypatch) -> None:
    shop = shop_of_reviews(language)
    trained(shop)
    app = show(shop, LABELS[language], language)
    press(app, "save_labels")
    assert shop.corrections().empty
    assert app.warning
    shown = app.dataframe[0].value["text"].tolist()
    assert len(shown) == 10

    def fill_in(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        return frame.assign(sentiment=["negative", "shouted", *[None] * (len(frame) - 2)])

    app = show(shop, LABELS[language], language)
    with monkeypatch.context() as patch:
        patch.setattr(st, "data_editor", fill_in)
        press(app, "save_labels")
    (row,) = shop.corrections().to_dict("records")
    assert row == {
        "task": "sentiment", "input": shown[0], "head": "sentiment", "label": "negative"
    }  # fmt: skip
    app = show(shop, LABELS[language], language)
    assert shown[0] not in app.dataframe[0].value["text"].tolist()
    assert "9" in texts_of(app)


def test_after_ten_labelled_reviews_their_gain_is_drawn_and_learned(models, monkeypatch) -> None:
    shop = shop_of_reviews()
    trained(shop)
    texts = shop.tables().reviews["text"].head(10)
    shop.correct("sentiment", {text: {"sentiment": "neutral"} for text in texts})
    submitted: list[tuple[object, ...]] = []
    monkeypatch.setattr(jobs, "submit", lambda *args, **_: submitted.append(args))
    app = show(shop, LABELS["en"])
    (asked,) = [asked for asked in models.asked if asked.verb == "growth"]
    assert asked.body == {"task": "sentiment", "head": "sentiment", "labels": 10}
    assert "more than any random order" in texts_of(app)
    press(app, "train_again")
    assert submitted == [("shop", "sentiment", {"preset": "quick", "epochs": 3})]


def press(app: AppTest, key: str) -> AppTest:
    return clean(next(button for button in app.button if button.key == key).click().run())


def test_a_shop_that_turns_sour_is_seen(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = show(shop, "Trends and alerts")
    assert "Share of complaints rose lastingly around 2025-03" in said_on(app)


def test_trust_puts_the_worst_last_and_shows_reviews(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = show(shop, "Product trust")
    trust = app.dataframe[0].value
    assert set(trust["reviews"]) == {20}
    assert trust["low"].is_monotonic_decreasing
    assert len(app.dataframe[1].value) == 20


def test_market_watch_says_how_much_is_unknown(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = show(shop, "Media monitoring")
    app.text_area(key="watch_pasted").input("2025-03-01 good news\n2025-03-02 bad earnings outlook")
    app = clean(app.run())
    said = said_on(app)
    assert "2 texts" in said
    assert "of the words never appear in this shop's reviews" in said
    assert len(app.get("plotly_chart")) == 2


def test_aspects_are_kept_in_the_workspace(models) -> None:
    shop = shop_of_reviews()
    app = show(shop, "Praise and complaints")
    assert "broke" in read_aspects(shop)["durability"]
    app.button(key="save_aspects").click()
    clean(app.run())
    assert (shop.folder / "aspects.json").is_file()


def test_hostile_reviews_are_never_markup(models) -> None:
    shop = shop_of_reviews()
    for view in ("Praise and complaints", "Trends and alerts", "Product trust"):
        app = show(shop, view)
        said = texts_of(app)
        assert "**bold**" not in said and "![a](" not in said
        assert not any(element.proto.allow_html for element in app.markdown)
        assert all("<img" not in chart.proto.spec for chart in app.get("plotly_chart"))


def test_a_shop_without_reviews_says_so(models) -> None:
    app = clean(open_page("sentiment", small_shop()))
    assert "There is no shop here yet" in said_on(app) or "no reviews" in said_on(app)


def test_quality_shows_confusions_and_honesty(models) -> None:
    shop = shop_of_reviews()
    trained(shop)
    app = show(shop, "How accurate is it?")
    assert len(app.get("plotly_chart")) == 2


def test_a_model_that_doubts_everything_is_not_believed(models) -> None:
    app = show(shop_of_reviews(), "Praise and complaints")
    assert "tune it on this shop before you trust these figures" in said_on(app)
    assert not app.get("plotly_chart")
