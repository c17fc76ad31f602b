"""Feedback is kept, per workspace; one press changes the next list, and it is said how."""

import threading

import numpy as np
import pandas as pd
import pytest

from engine.bandit.arms import InterestModel, Strategy, by_taste, strategies
from engine.bandit.context import FEATURES, read_context
from engine.bandit.live import EXPLORATION, BanditConfig, Request, compare, learn, next_list
from engine.bandit.popularity import read_popularity
from engine.bandit.regret import beliefs, estimated_regret, exploration_cost
from engine.bandit.similarity import ProductSimilarity, read_similarity
from engine.bandit.system_rankings import SystemRankings, read_rankings
from engine.bandit.visits import Visit
from engine.errors import InputError
from engine.storage.feedback import Feedback, Shown
from engine.storage.workspace import Workspace
from engine.tables.events import FEEDBACK_WEIGHTS
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.tasks.search.answers import SearchInput
from tests.doubles import search
from tests.shop_double import small_shop

ARMS = ("words", "meaning", "hybrid", "popular", "diverse", "personal")


def shown(list_id: str = "a", visit: str = "v", arm: str = "words", query: str = "mug") -> Shown:
    return Shown(
        list_id, visit, "U1", query, "thompson", arm, {"words": 0.7, "meaning": 0.3},
        {"always": 1.0, "length": 0.25}, ["P1", "P2", "P3"],
    )  # fmt: skip


def test_a_reload_keeps_feedback_and_another_workspace_does_not_see_it(home) -> None:
    here, there = Workspace.create("here"), Workspace.create("there")
    with Feedback(here) as feedback:
        feedback.show(shown())
        feedback.record("a", "P2", "like")
        feedback.record("a", "P3", "purchase")
    with Feedback(Workspace.open("here")) as feedback:
        assert feedback.get("a") == shown()
        events = feedback.events()
        assert events[["product_id", "position", "event"]].to_numpy().tolist() == [
            ["P2", 2, "like"], ["P3", 3, "purchase"],
        ]  # fmt: skip
        row = feedback.log().iloc[0]
        assert (row["arm"], row["propensity"], row["reward"]) == ("words", 0.7, 1.0)
        assert row["context"] == {"always": 1.0, "length": 0.25}
        assert row["shopper"] == "U1" and row["products"] == ["P1", "P2", "P3"]
        assert feedback.likes("v") == {"P2"}
    with Feedback(there) as feedback:
        assert feedback.log().empty and feedback.events().empty and not feedback.acts("v")


def test_a_like_can_be_taken_back_and_nothing_is_deleted(home) -> None:
    with Feedback(Workspace.create("shop")) as feedback:
        feedback.show(shown("a"))
        feedback.show(shown("b"))
        feedback.record("a", "P1", "like")
        assert feedback.log()["reward"].tolist() == [1.0, 0.0]
        # The press that takes it back is on a later list.
        feedback.record("b", "P1", "unlike")
        assert feedback.likes("v") == frozenset() and feedback.acts("v") == []
        assert feedback.log()["reward"].tolist() == [0.0, 0.0]
        assert feedback.events()["event"].tolist() == ["like", "unlike"]
        feedback.record("b", "P1", "like")
        assert feedback.acts("v") == [("P1", "like")]


def test_goals_count_their_own_events(home) -> None:
    with Feedback(Workspace.create("shop")) as feedback:
        for name, event in (("a", "click"), ("b", "add_to_cart"), ("c", "purchase")):
            feedback.show(shown(name))
            feedback.record(name, "P1", event)
        rewards = {goal: feedback.log(goal)["reward"].tolist() for goal in ("any", "cart")}
        assert rewards == {"any": [1, 1, 1], "cart": [0, 1, 1]}
        assert feedback.log("purchase")["reward"].tolist() == [0, 0, 1]


def test_what_is_not_in_the_list_is_refused(home) -> None:
    with Feedback(Workspace.create("shop")) as feedback:
        feedback.show(shown())
        for args, code in [
            (("a", "P9", "click"), "strategy.not_in_list"),
            (("x", "P1", "click"), "strategy.unknown_list"),
            (("a", "P1", "stare"), "strategy.unknown_event"),
        ]:
            with pytest.raises(InputError) as error:
                feedback.record(*args)
            assert error.value.code == code
        assert feedback.events().empty


def test_two_first_openers_at_once_both_write(home) -> None:
    workspace = Workspace.create("shop")
    failures: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with Feedback(workspace) as feedback:
                feedback.show(shown(name))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"l{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with Feedback(workspace) as feedback:
        assert len(feedback.log()) == 6


def test_a_list_stays_open_until_something_is_done(home) -> None:
    with Feedback(Workspace.create("shop")) as feedback:
        assert feedback.open_list("v", "mug") is None
        feedback.show(shown("a"))
        feedback.show(shown("other", visit="w"))
        assert feedback.open_list("v", "mug") == shown("a")
        assert feedback.open_list("v", "pan") is None
        feedback.record("other", "P1", "click")
        assert feedback.open_list("v", "mug") is not None
        feedback.record("a", "P1", "click")
        assert feedback.open_list("v", "mug") is None
        feedback.show(shown("b"))
        open_list = feedback.open_list("v", "mug")
        assert open_list == shown("b") and feedback.list_before(open_list) == shown("a")


RANKINGS = read_rankings(search.predict(SearchInput("rain jacket", 24), "untuned"))


def arms_of(tables: Tables) -> tuple[list[Strategy], ProductSimilarity]:
    similarity = read_similarity(tables)
    return strategies(similarity, read_popularity(tables)), similarity


def test_strategies_rank_what_the_models_found(home) -> None:
    arms = {arm.name: arm for arm in arms_of(small_shop().tables())[0]}
    assert tuple(arms) == ARMS
    nobody = Visit()
    ranked = {name: arm.rank(RANKINGS, nobody) for name, arm in arms.items()}
    recommended = RANKINGS.recommended
    assert ranked["words"] == RANKINGS.words
    assert ranked["meaning"] == ranked["hybrid"] == ranked["personal"] == recommended
    for name in ("popular", "diverse", "personal"):
        assert sorted(ranked[name]) == sorted(recommended)
    # Jackets fill the first twelve places; the diverse list shows a teapot among its first three.
    assert any(name >= "P12" for name in ranked["diverse"][:3])
    fan = arms["personal"].rank(RANKINGS, Visit(history=(("P20", "purchase"),)))
    assert fan.index("P20") < recommended.index("P20") and fan.index("P15") < fan.index("P05")


def test_the_interest_model_is_told_the_query_and_what_was_done() -> None:
    inputs = []
    arm = InterestModel(lambda item: inputs.append(item) or list(item.among)[::-1])
    visit = Visit(acts=(("P20", "like"),), history=(("P05", "click"), ("P06", "purchase")))
    assert arm.rank(RANKINGS, visit) == RANKINGS.recommended[::-1]
    assert inputs[0].query == "rain jacket" and inputs[0].history == ("P05", "P06", "P20")
    assert inputs[0].strengths == tuple(
        FEEDBACK_WEIGHTS[event] for event in ("click", "purchase", "like")
    )
    nothing = SystemRankings("rain jacket", [], [], [], [])
    assert arm.rank(nothing, visit) == [] and len(inputs) == 1


def test_popular_products_rise(home) -> None:
    orders = [{"order_id": f"o{n}", "product_id": "P09"} for n in range(5)]
    tables = small_shop(log=False).tables()
    frame = pd.DataFrame(orders).reindex(columns=TABLES["orders"].columns)
    with_orders = Tables({"products": tables.products, "orders": frame})
    arms = {arm.name: arm for arm in arms_of(with_orders)[0]}
    assert arms["popular"].rank(RANKINGS, Visit())[0] == "P09"


def test_similarity_is_between_nothing_and_the_same(home) -> None:
    similarity = read_similarity(small_shop().tables())
    assert similarity.between("P01", "P01") == 1.0
    # Same brand and category; "rain jacket 1" and "rain jacket 2" share two words of four.
    assert similarity.between("P01", "P02") == pytest.approx((0.5 + 1 + 1) / 3)
    assert 0 < similarity.between("P01", "P15") < similarity.between("P01", "P02")
    names = ["P02", "P01"]
    assert similarity.affinity("P01", []) == 0 and by_taste(names, [], similarity) == names
    same, other = similarity.matrix(names)[0]
    assert (same, other) == (1.0, similarity.between(*names))


def test_the_context_is_what_it_says(home) -> None:
    empty = read_context("the rain jacket", RANKINGS, Visit())
    assert tuple(empty) == FEATURES
    assert empty["length"] == 2 / 8 and empty["matched"] == 1.0 and empty["agreement"] == 1.0
    busy = read_context("mug", RANKINGS, Visit((("P1", "click"),), (("P2", "click"),)))
    assert (busy["active"], busy["known"]) == (1.0, 1.0) and empty["active"] == 0.0


REQUEST = Request("v", "rain jacket")


def ask(feedback: Feedback, tables: Tables, seed: int = 0) -> Shown:
    rng, config = np.random.default_rng(seed), BanditConfig("thompson")
    return next_list(feedback, REQUEST, RANKINGS, *arms_of(tables), config, length=8, rng=rng)


@pytest.mark.parametrize("event", ["like", "click", "add_to_cart"])
@pytest.mark.parametrize("arm", range(6))
def test_one_press_changes_the_next_list(home, event, arm) -> None:
    """Whichever strategy is drawn, before and after."""
    shop = small_shop()
    arms, similarity = arms_of(shop.tables())
    only = (REQUEST, RANKINGS, [arms[arm]], similarity, BanditConfig("fixed_split"))
    with Feedback(shop) as feedback:
        before = next_list(feedback, *only, length=8)
        feedback.record(before.list_id, before.products[5], event)
        now = next_list(feedback, *only, length=8)
    change = compare(before, now)
    assert change and change.moved[before.products[5]] > 0
    assert now.products.index(before.products[5]) < 5


def test_each_list_keeps_the_chance_it_was_chosen_with(home) -> None:
    shop = small_shop()
    tables = shop.tables()
    with Feedback(shop) as feedback:
        lists = [ask(feedback, tables, seed) for seed in range(30)]
        log = feedback.log()
    assert log["arm"].tolist() == [one.arm for one in lists]
    for one in lists:
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert min(one.probabilities.values()) >= EXPLORATION / 6 - 1e-9
        assert one.propensity == one.probabilities[one.arm]
    # Failures alone: nobody may have been left out, and who was shown most is believed in least.
    assert len(set(log["arm"])) >= 4


def test_feedback_moves_the_beliefs_and_the_traffic(home) -> None:
    shop = small_shop()
    tables = shop.tables()
    with Feedback(shop) as feedback:
        for seed in range(80):
            one = ask(feedback, tables, seed)
            if one.arm == "diverse":
                feedback.record(one.list_id, one.products[0], "purchase")
        log = feedback.log()
    posteriors = beliefs(ARMS, log["arm"], log["reward"]).set_index("arm")
    assert posteriors["best"].idxmax() == "diverse" and posteriors["share"].idxmax() == "diverse"
    assert posteriors["lists"].sum() == 80 and posteriors["best"].sum() == pytest.approx(1)
    assert (posteriors["low"] < posteriors["mean"]).all() and (
        posteriors["mean"] < posteriors["high"]
    ).all()
    cost = exploration_cost(posteriors.reset_index())
    assert 0 < cost.spent < cost.fixed_split
    curve = estimated_regret(posteriors.reset_index(), log["arm"])
    assert curve[-1] == pytest.approx(cost.spent) and (np.diff(curve) >= 0).all()
    again = learn("thompson", ARMS, log)
    assert again.probabilities(np.ones(len(FEATURES))).argmax() == ARMS.index("diverse")


def test_beliefs_by_hand() -> None:
    posteriors = beliefs(("a", "b"), ["a", "a", "a"], [1.0, 1.0, 0.0])
    assert posteriors["mean"].tolist() == pytest.approx([3 / 5, 1 / 2])
    # Beta(1, 1) is the uniform distribution.
    assert (posteriors["low"][1], posteriors["high"][1]) == pytest.approx((0.025, 0.975))
    assert posteriors["share"].tolist() == [1.0, 0.0]


def test_what_changed_is_said() -> None:
    before = shown()
    now = Shown("b", "v", "", "mug", "p", "meaning", {"meaning": 1.0}, {}, ["P3", "P1", "P4"])
    change = compare(before, now)
    assert change.arm and change.new == ["P4"] and change.gone == ["P2"]
    assert change.moved == {"P3": 2, "P1": -1}
    assert not compare(before, before)
