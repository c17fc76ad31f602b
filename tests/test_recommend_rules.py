"""What a shop wants on its lists: rules over places, reranking, and what it costs."""

import json
from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codec import decode
from engine.errors import InputError
from engine.evaluation.ranking import score_each
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.ranking import Chances, Ranking
from engine.simulation.tiny_shop import tiny_frames, tiny_pages
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks.interest.merchandising import Boost, Rules, Shop, apply
from engine.tasks.interest.merchandising_file import can_undo, change_rules, load_rules, undo_rules
from engine.tasks.interest.novelty import Novelty
from engine.tasks.interest.reranking import (
    MOST,
    Candidates,
    RerankWeights,
    describe,
    rerank,
    similarity,
)
from engine.tasks.interest.shop_columns import read_columns
from engine.tasks.interest.timeline import build_timeline, count_acts
from engine.tasks.interest.tradeoff import measure, ndcg
from tests.tiny_shop import tiny_tables

LIST = ["a", "b", "c", "d", "e", "f"]
NAMES = st.lists(st.sampled_from([*LIST, "x"]), unique=True, max_size=4).map(tuple)
SHARES = st.sampled_from([0.0, 0.3, 0.5, MOST])
SHOP = Shop(
    categories={"d": "Home > Lamps", "e": "Home", "f": "Homes > Lamps"},
    brands={"c": "Acme"},
    prices={"a": 5.0, "b": 50.0},
    margins={"f": 1.0, "e": 0.5},
    sold_out=frozenset("a"),
)


def names_of(rules: Rules, shop: Shop = SHOP) -> list[str]:
    return [placed.product_id for placed in apply(LIST, rules, shop)]


def test_without_rules_a_list_stays_as_it_is() -> None:
    placed = apply(LIST, Rules(), SHOP)
    assert [one.product_id for one in placed] == LIST
    assert [one.was for one in placed] == [1, 2, 3, 4, 5, 6]
    assert not any(one.cause for one in placed)
    assert not Rules()


def test_pinned_products_stand_on_top_in_their_order_even_from_outside_the_list() -> None:
    placed = apply(LIST, Rules(pinned=("x", "d")), SHOP)
    assert [one.product_id for one in placed] == ["x", "d", "a", "b", "c", "e", "f"]
    assert (placed[0].was, placed[1].was, placed[0].cause) == (None, 4, "pinned")


def test_hidden_and_sold_out_products_are_gone_even_if_pinned() -> None:
    assert names_of(Rules(hidden=("b",), pinned=("b",))) == ["a", "c", "d", "e", "f"]
    assert names_of(Rules(in_stock=True, pinned=("a",))) == ["b", "c", "d", "e", "f"]


@pytest.mark.parametrize(
    ("boost", "first"),
    [
        (Boost("category", "Home", 3), ["d", "a", "e", "b", "c", "f"]),
        (Boost("brand", "Acme", 1), ["a", "c", "b", "d", "e", "f"]),
        (Boost("margin", "", 4), ["a", "f", "b", "e", "c", "d"]),
        (Boost("price_from", "20", 20), ["b", "a", "c", "d", "e", "f"]),
        (Boost("price_to", "20", 20), LIST),
    ],
)
def test_a_boost_moves_products_up_by_its_places(boost: Boost, first: list[str]) -> None:
    assert names_of(Rules(boosts=(boost,))) == first


@given(NAMES, NAMES, st.integers(1, 20), st.booleans())
def test_rules_lose_and_double_nothing(pinned, hidden, places, in_stock) -> None:
    rules = Rules(pinned, hidden, (Boost("category", "Home", places),), in_stock)
    names = names_of(rules)
    gone = set(hidden) | ({"a"} if in_stock else set())
    assert len(names) == len(set(names))
    assert set(names) == (set(LIST) | set(pinned)) - gone
    assert Rules.of(json.loads(json.dumps(rules.as_json()))) == rules
    # What no boost lifts keeps its order.
    rest = [name for name in names if name in "abcf" and name not in pinned]
    assert rest == sorted(rest)


def test_a_product_is_pinned_hidden_or_free() -> None:
    rules = Rules().pin("a").pin("b").hide("a")
    assert (rules.pinned, rules.hidden) == (("b",), ("a",))
    assert rules.pin("a").pinned == ("b", "a")
    assert rules.free("a").free("b") == Rules()
    weak, strong = Boost("brand", "Acme", 1), Boost("brand", "Acme", 9)
    assert Rules().boost(weak).boost(strong).boosts == (strong,)
    assert Rules().boost(weak).drop(weak).only_stock(True) == Rules(in_stock=True)


def test_rules_are_kept_and_taken_back_step_by_step(home) -> None:
    workspace, other = Workspace.create("one", "en"), Workspace.create("two", "en")
    assert not can_undo(workspace)
    for name in ("a", "b"):
        change_rules(workspace, lambda rules, name=name: rules.pin(name))
    change_rules(workspace, lambda rules: rules)
    assert load_rules(Workspace.open("one")) == Rules(pinned=("a", "b"))
    assert load_rules(other) == Rules()
    assert undo_rules(workspace) == Rules(pinned=("a",))
    assert undo_rules(workspace) == Rules() == undo_rules(workspace)
    assert not can_undo(workspace)


def test_of_many_steps_the_last_can_be_taken_back(home) -> None:
    workspace = Workspace.create("one", "en")
    for number in range(40):
        change_rules(workspace, lambda rules, n=number: Rules(pinned=(f"p{n}",)))
    while can_undo(workspace):
        undo_rules(workspace)
    assert load_rules(workspace) == Rules(pinned=("p10",))


def candidates(lists: int = 1, count: int = 6, seed: int = 0) -> Candidates:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(lists, count, 4))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    wanted = -np.sort(-rng.random((lists, count)), axis=1)
    novelty, age = 9 * rng.random((lists, count)), 90 * rng.random((lists, count))
    return Candidates(wanted, novelty, age, similarity(vectors, vectors.mean(axis=(0, 1))))


@given(SHARES, SHARES, SHARES, st.integers(0, 8), st.integers(0, 50))
def test_reranking_is_an_order_of_the_same_products(d, n, f, k, seed) -> None:
    order = rerank(candidates(seed=seed), RerankWeights(d, n, f), k)[0]
    assert sorted(order.tolist()) == list(range(6))
    if not (d or n or f) or not k:
        assert order.tolist() == list(range(6))


@pytest.mark.parametrize("objective", ["diversity", "novelty", "freshness"])
def test_an_objective_is_served_more_the_more_it_counts(objective: str) -> None:
    figure = {"diversity": "diversity", "novelty": "novelty", "freshness": "age"}[objective]
    lists = candidates(20, 20)
    means = [
        getattr(describe(lists, rerank(lists, RerankWeights(**{objective: share}), 5), 5), figure)
        for share in (0.0, 0.5, MOST)
    ]
    assert all((b > a) != (figure == "age") for a, b in pairwise(means))


def test_a_shorter_list_is_ordered_as_if_it_stood_alone() -> None:
    long, weights = candidates(2), RerankWeights(0.5, 0.3, 0.3)
    cut = [np.array(one) for one in (long.relevance, long.novelty, long.age)]
    for one in cut:
        one[1, 4:] = np.nan
    both = Candidates(*cut, long.similarity)
    alone = Candidates(*(one[1:, :4] for one in cut), long.similarity[1:, :4, :4])
    order = rerank(both, weights, 6)
    assert order[1, :4].tolist() == rerank(alone, weights, 4)[0].tolist()
    assert set(order[1].tolist()) == set(range(6))
    only = Candidates(*(one[1:] for one in cut), long.similarity[1:])
    of_cut, of_whole = describe(only, order[1:], 6), describe(alone, order[1:, :4], 4)
    assert astuple(of_cut) == pytest.approx(astuple(of_whole))


def test_twins_do_not_stand_side_by_side_where_variety_counts() -> None:
    twins = np.eye(3)[None]
    twins[0, 0, 1] = twins[0, 1, 0] = 1
    three = Candidates(np.array([[1.0, 0.9, 0.5]]), np.zeros((1, 3)), np.zeros((1, 3)), twins)
    assert rerank(three, RerankWeights(diversity=0.5), 3).tolist() == [[0, 2, 1]]
    assert describe(three, np.array([[0, 1]]), 2).diversity == 0
    assert describe(three, np.array([[0, 2]]), 2).diversity == 1


@given(st.lists(st.lists(st.integers(0, 3), min_size=12, max_size=12), min_size=1, max_size=5))
def test_many_lists_are_measured_as_one_by_one(grades: list[list[int]]) -> None:
    names = [f"p{n}" for n in range(12)]
    order = np.random.default_rng(0).permuted(np.tile(np.arange(12), (len(grades), 1)), axis=1)
    rankings = [Ranking([names[place] for place in row], [0.0] * 12) for row in order]
    each = score_each([dict(zip(names, row, strict=True)) for row in grades], rankings)
    assert ndcg(np.array(grades, float), order) == pytest.approx(each["ndcg@10"], nan_ok=True)


@pytest.mark.parametrize(
    "bad", [{"age": 0.1}, {"novelty": 1.0}, {"novelty": -0.1}, {"novelty": "much"}]
)
def test_wrong_weights_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        decode(RerankWeights, bad)
    assert (caught.value.code, caught.value.params["field"]) == ("codec.does_not_fit", *bad)


def test_the_tradeoff_of_weights_is_that_of_their_order() -> None:
    # Everybody clicks the first product; the last one is unknown and unlike the others.
    part = pd.DataFrame(
        {
            "example_id": [f"e{n}" for n in range(30)],
            "input": "mug",
            "qrels": [{"a": 1, "b": 0, "c": 0}] * 30,
            "known.novelty": ['{"a": 1, "b": 2, "c": 9}'] * 30,
            "known.age": ['{"a": 50, "b": 50, "c": 0}'] * 30,
        }
    )
    answers = {"tuned": [Chances(["a", "b", "c"], [0.9, 0.5, 0.1])] * 30}
    heldout = RankingEvaluator().heldout_rows(part, answers)
    rows, vectors = {"a": 0, "b": 1, "c": 2}, np.eye(3)
    about = (rows, vectors, vectors.mean(axis=0))
    free, costly = measure(heldout, "tuned", [RerankWeights(), RerankWeights(novelty=MOST)], *about)
    assert free.after == free.before == 1 and free.interval.delta == 0
    assert costly.after == pytest.approx(1 / np.log2(4))
    assert costly.interval.high < 0
    assert costly.now.novelty == costly.was.novelty == 4
    with pytest.raises(InputError):
        measure(heldout.drop(columns="tuned.chances"), "tuned", [RerankWeights()], *about)


def test_columns_of_the_shop_are_found_in_both_languages() -> None:
    cells = [
        {"Gross_Margin": "40%", "Availability": "in stock", "Release date": "2025-01-01"},
        {"Gross_Margin": "10 %", "Availability": "Out of Stock", "Release date": "2025-03-01"},
        {"Availability": "sold-out"},
    ]
    products = pd.DataFrame(
        {"product_id": ["a", "b", "c"], "title": "", "category": None, "brand": None, "price": 10.0}
    )
    columns = read_columns(products.assign(attributes=[json.dumps(one) for one in cells]))
    assert columns.sold_out == {"b", "c"}
    assert columns.margins == {"a": 1.0, "b": 0.5}
    assert columns.dates["b"] == pd.Timestamp("2025-03-01")
    chinese = [{"成本": "9元", "库存": "0"}, {"成本": "2", "库存": "7"}, {"库存": "缺货"}]
    columns = read_columns(products.assign(attributes=[json.dumps(one) for one in chinese]))
    assert columns.sold_out == {"a", "c"}
    assert columns.margins == {"a": 0.5, "b": 1.0}
    assert read_columns(tiny_frames()["products"]).columns == {}


def test_novelty_and_age_look_back_only() -> None:
    products, log = tiny_frames()["products"], tiny_pages()
    novelty, moment = Novelty(products, log), pd.Timestamp("2025-03-02")
    then = Novelty(products, log[log["time"] < moment])
    clicks = np.array([0.0, 3.0])
    assert novelty.self_information(clicks, moment) == pytest.approx(
        then.self_information(clicks, None)
    )
    assert novelty.self_information(clicks, None)[0] > novelty.self_information(clicks, None)[1]
    assert novelty.ages(["mug-red", "gone"], moment).tolist() == [1.0, 0.0]
    assert not novelty.tells_age
    dated = products.assign(attributes='{"release_date": "2025-02-20"}')
    dated.loc[0, "attributes"] = '{"release_date": "2025-02-28"}'
    of_column = Novelty(dated, log)
    assert of_column.dated and of_column.tells_age
    assert of_column.ages([dated["product_id"][0]], moment).tolist() == [2.0]


def test_a_timeline_holds_what_every_table_has_of_a_shopper() -> None:
    tables = tiny_tables("interest")
    time = pd.Timestamp("2025-02-01")
    orders = pd.DataFrame(
        [{"order_id": "o", "product_id": "mug-red", "user_id": "u1", "time": time}]
    )
    reviews = tables.reviews.head(1).assign(user_id="u1", rating=4.0)
    whole = Tables({**tables.frames, "orders": orders, "reviews": reviews}, "en")
    timeline = build_timeline(whole, "u1")
    assert timeline["time"].is_monotonic_increasing
    assert set(timeline["event"]) == {"impression", "click", "purchase", "review"}
    assert timeline["rating"].max() == 4
    assert build_timeline(whole, "nobody").empty
    counts = count_acts(whole)
    assert counts["u1"] == timeline["event"].isin(["click", "purchase"]).sum()
    assert counts.is_monotonic_decreasing
