"""The intent page in both languages, over a double of the model process."""

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine import jobs
from engine.labelling import labels as query_labels
from engine.labelling.labels import INTENTS, searches_by_day
from engine.storage.runs import run_folder
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from pages.ui.intent import labels as intent_labels
from pages.ui.intent import mix
from tests.runs_double import finish_run
from tests.shop_double import (
    HOSTILE,
    QUERIES,
    clean,
    open_page,
    said_on,
    small_shop,
    texts_of,
)
from tests.waiting import work_seconds


def trained(workspace: Workspace) -> str:
    """A finished run whose held-out part holds four queries, one of them read wrong."""
    heldout = pd.DataFrame(
        {
            "input": ["a", "bb", "ccc", "dddd"],
            "head": "intent",
            "truth": ["gift", "gift", "gift", "deal"],
            "tuned_tfidf": ["gift", "gift", "problem", "deal"],
        }
    )
    config = {"preset": "quick", "epochs": 3}
    return finish_run(workspace, "intent", heldout, recommended="tuned_tfidf", config=config)


def show(workspace: Workspace, view: str, language: str = "en", **link: str) -> AppTest:
    app = open_page("intent", workspace, language, **link)
    app.session_state["intent_view"] = view
    return clean(app.run())


@pytest.mark.parametrize(("language", "title"), [("en", "Search intent"), ("zh", "搜索意图")])
def test_a_link_with_a_query_shows_its_meaning(models, language, title) -> None:
    app = clean(open_page("intent", small_shop(language), language, q="rain jacket"))
    assert app.title[0].value == title
    said = said_on(app)
    name = {"en": "Problem to solve", "zh": "解决问题"}[language]
    assert INTENTS[len("rain jacket") % len(INTENTS)] == "gift" or name in said
    assert len(app.get("plotly_chart")) == 3
    asked = [ask[1:3] for ask in models.asked if ask[1] != "warm"]
    assert asked == [("predict", "untuned"), ("explain", "untuned")]


def test_unsure_is_said(models) -> None:
    said = said_on(open_page("intent", small_shop(), q="rain jacket"))
    assert "The model is unsure" in said
    assert "No tuned model yet" in said


def test_the_tuned_answer_stands_beside_the_untuned(models) -> None:
    shop = small_shop()
    run_id = trained(shop)
    app = clean(open_page("intent", shop, q="rain jacket"))
    said = said_on(app)
    assert "The model reads this as" in said and "90%" in said
    assert "No tuned model yet" not in said
    assert len(app.get("plotly_chart")) == 5
    assert ("intent", "explain", run_id) in [ask[:3] for ask in models.asked]


def test_a_hostile_query_is_never_markup(models) -> None:
    app = clean(open_page("intent", small_shop(), q=HOSTILE))
    said = texts_of(app)
    assert "**bold**" not in said and "![a](" not in said
    assert not any(element.proto.allow_html for element in app.markdown)
    # Plotly reads HTML in labels.
    assert all("<img" not in chart.proto.spec for chart in app.get("plotly_chart"))


@pytest.mark.parametrize(
    ("language", "view"), [("en", "What shoppers want"), ("zh", "顾客想要什么")]
)
def test_the_mix_over_time_and_the_top_queries(models, language, view) -> None:
    app = show(small_shop(language), view, language)
    assert len(app.get("plotly_chart")) == 1
    top = app.dataframe[0].value
    assert set(top["query"]) <= set(QUERIES)
    assert top["count"].is_monotonic_decreasing


def test_the_peak_is_where_a_share_rises_most() -> None:
    days = pd.date_range("2025-11-03", periods=28, tz="UTC")
    rows = [{"key": "a", "day": day, "searches": 9} for day in days]
    rows += [{"key": "gift", "day": day, "searches": 1} for day in days]
    rows += [{"key": "gift", "day": day, "searches": 9} for day in days[14:21]]
    rows += [{"key": "", "day": day, "searches": 5} for day in days]
    labels = pd.Series({"a": "deal", "gift": "gift"})
    counts = mix.mix(pd.DataFrame(rows), labels, "week")
    assert counts.index.tolist() == list(pd.date_range("2025-11-03", periods=4, freq="7D"))
    assert counts.loc["2025-11-03"].to_dict() == {"deal": 63, "gift": 7}
    peak = mix.find_peak(counts)
    assert peak is not None
    assert (peak.name, peak.when) == ("gift", pd.Timestamp("2025-11-17"))
    assert peak.share == pytest.approx(70 / 133) and peak.usual == pytest.approx(0.1)
    assert mix.mix(pd.DataFrame(rows), labels, "day").sum().sum() == 9 * 28 + 28 + 9 * 7
    assert mix.find_peak(counts.head(2)) is None


def test_a_search_counts_once_per_session() -> None:
    log = pd.DataFrame(
        {
            "query": ["Red Mug", "red  mug", "red mug", "red mug", "tea"],
            "session_id": ["s1", "s1", "s2", None, None],
            "time": ["2025-11-01", "2025-11-02", "2025-11-03", "2025-11-04", None],
        }
    )
    found = searches_by_day(Tables({"searches": log}))
    assert found["key"].tolist() == ["red mug"] * 3
    assert found["day"].dt.day.tolist() == [1, 3, 4]
    assert found["searches"].tolist() == [1, 1, 1]


def test_searches_for_rare_queries_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_labels, "MOST_FREQUENT", 1)
    queries = ["mug", "mug", "pan", "tea"]
    log = pd.DataFrame({"query": queries, "session_id": [*"abcd"], "time": "2025-11-01"})
    found = searches_by_day(Tables({"searches": log}))
    assert dict(zip(found["key"], found["searches"], strict=True)) == {"": 2, "mug": 2}


def test_the_most_useful_labels_are_unsure_frequent_and_missing() -> None:
    table = pd.DataFrame(
        {
            "key": ["sure", "rare", "best", "done"],
            "uncertainty": [0.01, 0.9, 0.9, 0.99],
            "count": [1000, 1, 50, 50],
        }
    )
    found = intent_labels.most_useful(table, {"done"}, most=2)
    assert found["key"].tolist() == ["best", "rare"]


VIEW = {"en": "Correct the model", "zh": "纠正模型"}


def press(app: AppTest, key: str) -> AppTest:
    return clean(next(button for button in app.button if button.key == key).click().run())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_is_saved_before_something_was_set(models, language) -> None:
    shop = small_shop(language)
    app = press(show(shop, VIEW[language], language), "save_labels")
    assert shop.corrections().empty
    assert app.warning


def test_labels_set_in_the_table_become_corrections(models, monkeypatch) -> None:
    def fill_in(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        filled = frame.copy()
        filled.loc[filled["query"] == "teapot", ["intent", "category"]] = ["gift", "Kitchen"]
        filled.loc[filled["query"] == HOSTILE, "intent"] = "deal"
        return filled

    shop = small_shop()
    app = show(shop, VIEW["en"])
    monkeypatch.setattr(st, "data_editor", fill_in)
    press(app, "save_labels")
    found = shop.corrections().set_index(["input", "head"])["label"].to_dict()
    assert found == {
        ("teapot", "intent"): "gift",
        ("teapot", "category"): "Kitchen",
        (HOSTILE, "intent"): "deal",
    }


def test_labelled_queries_leave_the_table_and_train_again(models, monkeypatch) -> None:
    shop = small_shop()
    trained(shop)
    submitted: list[tuple[object, ...]] = []
    monkeypatch.setattr(jobs, "submit", lambda *args, **more: submitted.append((args, more)))
    app = show(shop, VIEW["en"])
    assert "teapot" in set(app.dataframe[0].value["query"])
    assert not [button for button in app.button if button.key == "train_again"]
    shop.correct("intent", {"teapot": {"intent": "deal"}})
    clean(app.run())
    assert "teapot" not in set(app.dataframe[0].value["query"])
    press(app, "train_again")
    ((args, more),) = submitted
    assert args == ("shop", "intent", {"preset": "quick", "epochs": 3})
    assert more.pop("owner")
    assert more == {"predicted_seconds": 12}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_after_ten_labels_their_gain_is_drawn_beside_random_order(models, language) -> None:
    shop = small_shop(language)
    shop.correct("intent", {f"query {n}": {"intent": "deal"} for n in range(7)})
    app = show(shop, VIEW[language], language)
    assert not [asked for asked in models.asked if asked.verb == "growth"]
    assert "3" in texts_of(app)
    shop.correct("intent", {f"more {n}": {"intent": "gift"} for n in range(6)})
    app = show(shop, VIEW[language], language)
    (asked,) = [asked for asked in models.asked if asked.verb == "growth"]
    # Fitted after every ten, not after every one.
    assert asked.body == {"task": "intent", "head": "intent", "labels": 10}
    assert {"en": "more than any random order", "zh": "超过任何一种随机顺序"}[language] in texts_of(
        app
    )
    assert "+0.100" in texts_of(app).replace("\\", "")


def test_the_confusion_matrix_and_the_reliability_of_a_run(models) -> None:
    shop = small_shop()
    trained(shop)
    said = said_on(show(shop, "How accurate is it?"))
    # “problem” is no true label of the held-out part, so nothing is confused among those that are.
    assert "held-out examples were predicted correctly" in said
    assert "90% on average" in said


def test_the_most_frequent_confusion_is_named(models) -> None:
    shop = small_shop()
    run_id = trained(shop)
    folder = run_folder(shop, run_id)
    heldout = pd.read_parquet(folder / "heldout.parquet")
    heldout["tuned_tfidf"] = np.where(heldout["input"] == "ccc", "deal", heldout["truth"])
    heldout.to_parquet(folder / "heldout.parquet")
    said = said_on(show(shop, "How accurate is it?"))
    assert "“Gift or occasion” is most often mistaken for “Deal or discount”: 1 of 3" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_a_log_the_views_say_what_to_bring(models, language) -> None:
    views = {"en": ("What shoppers want", "Correct the model"), "zh": ("顾客想要什么", "纠正模型")}
    shop = small_shop(language, log=False)
    for view in views[language]:
        assert show(shop, view, language).info


def test_a_rerun_is_quick(models) -> None:
    app = show(small_shop(), "What shoppers want")
    asked = len(models.asked)
    before = work_seconds()
    clean(app.run())
    assert work_seconds() - before < 1.5
    assert len(models.asked) == asked
