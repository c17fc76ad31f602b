"""The page that learns from feedback, in both languages, over a double of the model process."""

import functools

import numpy as np
import pandas as pd
import pytest

from engine.bandit.live import next_list
from engine.bandit.perplexity import measure_perplexity
from engine.evidence.store import EvidenceStore
from engine.storage.feedback import Feedback
from engine.storage.workspace import Workspace
from pages.ui.strategy import inputs, live, simulator
from tests import card_presses
from tests.runs_double import finish_run
from tests.shop_double import HOSTILE, clean, open_page, said_on, small_shop, texts_of

QUERY = "rain jacket"
TITLES = {"en": "Feedback learning", "zh": "反馈学习"}
VIEWS = {
    "en": ("What was learned", "Simulated shoppers", "What would have happened"),
    "zh": ("学到了什么", "模拟顾客", "假如换一种策略"),
}


def press(app, key: str):
    return clean(next(button for button in app.button if button.key == key).click().run())


def act(app, event: str, place: int):
    return clean(card_presses.press(app, "live_cards", event, place))


def likes(app) -> list[str]:
    """What the first button of each card says."""
    return [card["actions"][0]["label"] for card in card_presses.cards(app, "live_cards")]


def feedback_of(shop: Workspace) -> tuple[pd.DataFrame, pd.DataFrame]:
    with Feedback(shop) as feedback:
        return feedback.log(), feedback.events()


@pytest.fixture(autouse=True)
def same_draws(monkeypatch) -> None:
    """The strategies are drawn at random: the same ones in every test run."""
    rng = np.random.default_rng(7)
    monkeypatch.setattr(live, "next_list", functools.partial(next_list, rng=rng))


def only(arm: str):
    """`next_list` where the dice always fall on one strategy."""

    class Loaded:
        def choice(self, count: int, p: object) -> int:
            return [one.name for one in strategies].index(arm)

    strategies: list = []

    def chosen(feedback, request, rankings, arms, similarity, config, **options):
        strategies[:] = arms
        return next_list(
            feedback, request, rankings, arms, similarity, config, rng=Loaded(), **options
        )

    return chosen


@pytest.fixture
def logged_shop(home) -> Workspace:
    """A shop whose log says what was shown, in changing orders, to shoppers who come again."""
    shop = small_shop()
    rng = np.random.default_rng(1)
    rows = []
    for n in range(300):
        query = ("rain jacket", "teapot", "red mug", "jacket", "pot", "mug 3")[n % 6]
        about = {"query": query, "session_id": f"s{n}", "user_id": f"U{n % 9}"}
        about["time"] = pd.Timestamp("2025-11-01") + pd.Timedelta(hours=n)
        jackets = "jacket" in query
        for place, row in enumerate(rng.permutation(23)[:6]):
            seen = about | {"product_id": f"P{row:02}", "position": place + 1}
            rows.append(seen | {"event": "impression"})
            good = (row < 12) == jackets
            if rng.random() < (0.6 if good else 0.1) / (1 + 0.4 * place):
                rows.append(seen | {"event": "click"})
                rows += [seen | {"event": "add_to_cart"}] * int(rng.random() < 0.4)
    searches = pd.DataFrame(rows).reindex(columns=shop.tables().searches.columns)
    shop.replace_tables({"searches": searches}, {})
    return shop


def open_view(shop: Workspace, number: int, language: str = "en", **state: object):
    app = open_page("strategy", shop, language)
    for name, value in state.items():
        app.session_state[name] = value
    app.session_state["strategy_view"] = VIEWS[language][number]
    return clean(app.run())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_link_with_a_query_shows_a_list_and_its_chance(models, language) -> None:
    shop = small_shop(language)
    app = clean(open_page("strategy", shop, language, q=QUERY))
    assert app.title[0].value == TITLES[language]
    assert len(likes(app)) == 8
    lists, events = feedback_of(shop)
    assert len(lists) == 1 and events.empty
    assert f"{lists['propensity'][0]:.0%}" in said_on(app)
    # A rerun shows the same list and chooses no other.
    clean(app.run())
    assert len(feedback_of(shop)[0]) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_tuned_interest_model_is_one_more_strategy(models, language, monkeypatch) -> None:
    shop = small_shop(language)
    clean(open_page("strategy", shop, language, q=QUERY))
    finish_run(shop, "interest", recommended="tuned")
    monkeypatch.setattr(live, "next_list", only("interest"))
    app = clean(open_page("strategy", shop, language, q=QUERY, visit="other"))
    lists, _ = feedback_of(shop)
    assert "interest" not in lists["probabilities"][0]
    assert lists["arm"][1] == "interest" and lists["probabilities"][1]["interest"] > 0
    task, verb, run_id, (item,) = models.asked[-1]
    assert (task, verb, run_id, item["query"]) == ("interest", "predict", "interest-1", QUERY)
    assert lists["products"][1] == item["among"][::-1][:8]
    act(app, "like", 1)
    assert models.asked[-1][3][0]["history"] == [lists["products"][1][0]]


@pytest.mark.parametrize(("language", "said"), [("en", "You liked"), ("zh", "您点赞了")])
def test_a_like_changes_the_next_list_and_says_what_changed(models, language, said) -> None:
    shop = small_shop(language)
    app = clean(open_page("strategy", shop, language, q=QUERY))
    app = act(app, "like", 5)
    lists, events = feedback_of(shop)
    assert events["event"].tolist() == ["like"] and events["position"].tolist() == [5]
    liked = lists["products"][0][4]
    assert len(lists) == 2 and lists["products"][1] != lists["products"][0]
    assert liked in lists["products"][1][:4]
    assert said in said_on(app) and said in app.toast[0].value
    place = lists["products"][1].index(liked) + 1
    assert likes(app)[place - 1] in ("Liked", "已赞")


def test_a_reload_keeps_it_and_another_workspace_does_not_see_it(models) -> None:
    shop = small_shop()
    app = clean(open_page("strategy", shop, q=QUERY))
    app = act(app, "like", 3)
    visit = app.query_params["visit"]
    visit = visit[0] if isinstance(visit, list) else visit
    again = clean(open_page("strategy", shop, q=QUERY, visit=visit))
    assert "You liked" in said_on(again) and not again.toast
    assert likes(again).count("Liked") == 1
    assert len(feedback_of(shop)[0]) == 2
    other = Workspace.create("other", "en")
    other.replace_tables({"products": shop.tables().products}, {})
    app = clean(open_page("strategy", other, q=QUERY, visit=visit))
    assert "You liked" not in said_on(app)
    assert feedback_of(other)[1].empty and len(feedback_of(shop)[0]) == 2


def test_a_like_is_taken_back(models) -> None:
    shop = small_shop()
    app = clean(open_page("strategy", shop, q=QUERY))
    app = act(app, "like", 3)
    app = act(app, "unlike", likes(app).index("Liked") + 1)
    lists, events = feedback_of(shop)
    assert events["event"].tolist() == ["like", "unlike"] and lists["reward"].sum() == 0
    assert "You removed your like" in said_on(app)


def test_the_next_list_and_a_new_session_start_afresh(models) -> None:
    shop = small_shop()
    app = clean(open_page("strategy", shop, q=QUERY))
    press(app, "next_list")
    assert len(feedback_of(shop)[0]) == 2 and "What changed" not in said_on(app)
    app = act(app, "click", 2)
    assert "You viewed" in said_on(app)
    press(app, "new_visit")
    lists, _ = feedback_of(shop)
    assert lists["visit"].nunique() == 2 and "You viewed" not in said_on(app)


def test_another_policy_chooses_anew(models) -> None:
    shop = small_shop()
    app = clean(open_page("strategy", shop, q=QUERY))
    app.session_state["policy"] = "fixed_split"
    clean(app.run())
    lists, _ = feedback_of(shop)
    assert lists["policy"].tolist() == ["thompson", "fixed_split"]
    assert lists["propensity"][1] == pytest.approx(1 / 6)


def test_a_known_shopper_brings_a_history(models, logged_shop) -> None:
    app = clean(open_page("strategy", logged_shop, q=QUERY))
    app.session_state["shopper"] = "U3"
    clean(app.run())
    lists, _ = feedback_of(logged_shop)
    assert lists["shopper"].tolist() == ["", "U3"]
    assert [context["known"] for context in lists["context"]] == [0.0, 1.0]


def test_product_texts_are_never_markup(models) -> None:
    shop = small_shop()
    app = clean(open_page("strategy", shop, q=f"mug {HOSTILE}"))
    app = act(app, "click", 1)
    said = texts_of(app)
    assert "<img" not in said.replace("\\<img", "")
    assert "![a]" not in said.replace("\\!\\[a\\]", "") and "**bold**" not in said
    assert not any(element.proto.allow_html for element in app.markdown)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_was_learned(models, language) -> None:
    shop = small_shop(language)
    app = open_view(shop, 0, language)
    assert ("No feedback yet" if language == "en" else "还没有反馈") in said_on(app)
    app = clean(open_page("strategy", shop, language, q=QUERY))
    for _ in range(3):
        app = act(app, "click", 1)
    app = open_view(shop, 0, language)
    said = said_on(app)
    assert ("Still open" if language == "en" else "尚无定论") in said
    assert ("Learning cost" if language == "en" else "试探损失了") in said
    table = app.dataframe[0].value
    assert table["lists"].sum() == 4 and table["successes"].sum() == 3
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_simulation_says_that_it_is_one(models, logged_shop, monkeypatch, language) -> None:
    monkeypatch.setattr(simulator, "LENGTHS", (60,))
    monkeypatch.setattr(simulator, "SEEDS", 2)
    app = open_view(logged_shop, 1, language)
    assert ("a simulation" if language == "en" else "这是模拟") in app.warning[0].value
    assert not app.get("plotly_chart")
    press(app, "start_simulation")
    said = said_on(app)
    for text in {
        "en": ("A/B test", "true favourite is", "perplexity", "6 most frequent queries"),
        "zh": ("A/B 测试", "真正最喜欢的是", "困惑度", "最常见的 6 个搜索词"),
    }[language]:
        assert text in said, text
    assert len(app.metric) == 2 and len(app.get("plotly_chart")) == 4
    truth = app.dataframe[-1].value
    assert ((truth["true"] > 0) & (truth["true"] < 1)).all() and len(truth) == 6
    press(app, "evidence_simulation")
    (citation,) = EvidenceStore(logged_shop).citations()
    assert (citation.kind, citation.page, citation.n) == ("simulation", "strategy", 60)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("source", ["log", "simulator"])
def test_strategies_are_judged_from_a_log(
    models, logged_shop, monkeypatch, language, source
) -> None:
    monkeypatch.setattr(simulator, "LENGTHS", (200,))
    app = open_view(logged_shop, 2, language, log_source=source)
    arms, rules = (frame.value for frame in app.dataframe)
    assert len(arms) == 18 and len(rules) == 5
    assert ("true" in arms) == (source == "simulator")
    assert (arms["low"].dropna() <= arms["value"][arms["low"].notna()]).all()
    if source == "simulator":
        inside = (arms["low"] <= arms["true"]) & (arms["true"] <= arms["high"])
        # The same 200 lists under three estimators: most intervals hold the truth.
        assert inside.mean() > 0.6


@pytest.mark.parametrize("language", ["en", "zh"])
def test_too_little_to_judge_from_says_what_is_missing(models, language) -> None:
    shop = small_shop(language)
    for source in ("live", "log"):
        app = open_view(shop, 2, language, log_source=source)
        assert len(app.error) == 1 and not app.dataframe
    app = open_view(shop, 1, language)
    press(app, "start_simulation")
    assert len(app.error) == 1


def test_the_inputs_are_computed_once(models, logged_shop, monkeypatch) -> None:
    monkeypatch.setattr(simulator, "LENGTHS", (60,))
    counted = []

    def count(*args: object) -> object:
        counted.append(args)
        return measure_perplexity(*args)

    monkeypatch.setattr(inputs, "measure_perplexity", count)
    app = open_view(logged_shop, 1)
    press(app, "start_simulation")
    clean(app.run())
    clean(app.run())
    assert len(counted) == 1
