"""What shoppers want: histories that only look back, honest chances, answers with reasons."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.codec import decode
from engine.errors import InputError
from engine.evaluation.chances import score_chances
from engine.evaluation.ranking_evaluator import RankingEvaluator
from engine.labelling.clicks import examination
from engine.labelling.histories import (
    Acts,
    History,
    answer,
    by_query,
    count_popularity,
    list_acts,
    list_pages,
    recent,
)
from engine.progress import Silent
from engine.ranking import Chances
from engine.simulation.tiny_shop import tiny_pages
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.interest import shortlist
from engine.tasks.interest.answers import (
    PREDICT,
    InterestAnswer,
    InterestInput,
    TradeoffsInput,
    WhyInput,
)
from engine.tasks.interest.baselines import HistoryNeighbours, by_recency, order
from engine.tasks.interest.bundle import InterestBundle
from engine.tasks.interest.learning import fit_chances
from engine.tasks.interest.moments import list_moments
from engine.tasks.interest.reranking import RerankWeights
from engine.tasks.interest.task import TASK
from engine.tasks.tiny import FAST
from tests.tiny_shop import tiny_tables

START = pd.Timestamp("2025-03-01")
PRODUCTS = [f"p{n}" for n in range(4)]
EVENTS = st.tuples(
    st.integers(0, 30),
    st.sampled_from(["u1", "u2", None]),
    st.sampled_from(PRODUCTS),
    st.sampled_from(["impression", "click", "add_to_cart", "purchase"]),
)


def log_of(events: list[tuple[int, str | None, str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "time": START + pd.Timedelta(minutes=minute),
                "user_id": user,
                "session_id": "s",
                "query": "mug",
                "product_id": product,
                "event": event,
                "position": 1 + PRODUCTS.index(product),
            }
            for minute, user, product, event in events
        ],
        columns=["time", "user_id", "session_id", "query", "product_id", "event", "position"],
    )


NO_ORDERS = pd.DataFrame(columns=["order_id", "product_id", "user_id", "time"], dtype="str")


@given(st.lists(EVENTS, max_size=30), st.integers(0, 31), st.integers(1, 5))
def test_nothing_from_the_future_is_known(events, minute, most) -> None:
    moment = START + pd.Timedelta(minutes=minute)
    log = log_of(events)
    past = log[log["time"] < moment]
    looked = pd.Series([1.0, 0.5], index=[1, 2])
    now, then = (list_acts(some, NO_ORDERS, PRODUCTS) for some in (log, past))
    for user in ("u1", "u2", "s", "nobody"):
        assert now.before(user, moment, most) == then.before(user, None, most)
    for change in (lambda some: some, by_query):
        counted, earlier = (count_popularity(change(some), looked) for some in (log, past))
        for name in (*PRODUCTS, *(answer("mug", one) for one in PRODUCTS)):
            assert counted.clicked(name, moment) == earlier.clicked(name, None)
            assert counted.ctr(name, moment) == earlier.ctr(name, None)


@given(st.lists(EVENTS, max_size=30))
def test_a_history_is_what_the_log_says_in_order(events) -> None:
    acts = list_acts(log_of(events), NO_ORDERS, PRODUCTS)
    mine = sorted((e for e in events if e[1] == "u1" and e[3] != "impression"), key=lambda e: e[0])
    last = list(dict.fromkeys(product for _, _, product, _ in reversed(mine)))[::-1]
    assert list(acts.before("u1", None, 9).product_ids) == last


def test_orders_are_part_of_a_history_and_the_strongest_act_counts() -> None:
    orders = pd.DataFrame(
        [
            {"order_id": "o", "product_id": name, "user_id": "u1", "time": START}
            for name in ("p1", "gone")
        ]
    )
    log = log_of([(5, "u1", "p0", "click"), (6, "u1", "p1", "click")])
    acts: Acts = list_acts(log, orders, PRODUCTS)
    assert acts.before("u1", None, 9) == History(["p0", "p1"], [1.0, 4.0])
    assert recent([("a", 1.0), ("b", 2.0), ("a", 1.0)], 1) == History(["a"], [1.0])


def test_a_page_says_what_was_shown_and_what_came_of_it() -> None:
    shown = [(0, "u1", name, "impression") for name in PRODUCTS[:3]]
    later = [(9, "u1", "p3", "impression")]
    log = log_of([*shown, (1, "u1", "p1", "click"), (2, "u1", "p1", "purchase"), *later])
    pages = list_pages(log, PRODUCTS)
    assert pages["product_ids"].tolist() == [["p0", "p1", "p2"], ["p3"]]
    assert pages["grades"].tolist() == [[0, 3, 0], [0]]
    assert pages["positions"].tolist() == [[1, 2, 3], [4]]
    assert list_pages(log.assign(time=None), PRODUCTS).empty


def test_chances_are_measured_against_what_happened() -> None:
    truth = [{"a": 1, "b": 0}, {"a": 0, "b": 2}]
    sure = [Chances(["a", "b"], [0.9, 0.1]), Chances(["b", "a"], [0.9, 0.1])]
    metrics = score_chances(truth, sure)
    assert metrics["auc"] == 1
    assert metrics["log_loss"] == pytest.approx(-np.log(0.9))
    assert metrics["ece"] == pytest.approx(0.1)
    assert np.isnan(score_chances([{"a": 1}], [Chances(["a"], [0.9])])["auc"])


def test_scores_become_the_chances_that_fit() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 2, 20000)
    clicked = (rng.random(20000) < 1 / (1 + np.exp(-(0.5 * scores - 2)))).astype(np.float32)
    assert fit_chances(scores, clicked) == pytest.approx((0.5, -2), abs=0.1)
    assert fit_chances(scores, np.ones(20000, np.float32)) == (1, 0)


def test_baselines_order_a_page_by_what_they_know() -> None:
    acts = list_acts(
        log_of(
            [(n, user, p, "click") for user in ("u1", "u2") for n, p in enumerate(("p0", "p2"))]
        ),
        NO_ORDERS,
        PRODUCTS,
    )
    near = HistoryNeighbours(acts, np.datetime64("2026-01-01"), PRODUCTS)
    assert near.scores(PRODUCTS, History(["p0"], [1.0])).argmax() == 2
    early = HistoryNeighbours(acts, np.datetime64("2025-01-01"), PRODUCTS)
    assert not early.scores(PRODUCTS, History(["p0"], [1.0])).any()
    scores = by_recency(PRODUCTS, History(["p3", "p1"], [1.0, 1.0]))
    assert order(PRODUCTS, scores).product_ids == ["p1", "p3", "p0", "p2"]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return tiny_tables("interest")


@pytest.fixture(scope="module")
def dataset(tables: Tables, model: str) -> Dataset:
    return TASK.dataset(tables, TASK.config("quick", tables, model=model, **FAST))


@pytest.fixture(scope="module")
def bundle(tables: Tables, dataset: Dataset, model: str, tmp_path_factory) -> InterestBundle:
    config = TASK.config("quick", tables, model=model, **FAST)
    return TASK.train(dataset, config, tmp_path_factory.mktemp("checkpoints"), Silent())


def ids_of(answer: InterestAnswer) -> list[str]:
    return [result.product_id for result in answer.results]


def test_the_newest_pages_are_held_out(dataset: Dataset) -> None:
    parts = (dataset.train, dataset.validation, dataset.test)
    ends = [(part["time"].min(), part["time"].max()) for part in parts]
    assert ends == sorted(ends)
    assert all(one[1] <= other[0] for one, other in pairwise(ends))


def test_a_place_changes_the_chance_of_a_click_but_not_what_is_wanted(
    bundle: InterestBundle, dataset: Dataset
) -> None:
    turned = dataset.test.assign(positions=[row[::-1] for row in dataset.test["positions"]])
    before, after = (bundle.rank(list(list_moments(part))) for part in (dataset.test, turned))
    assert before["tuned"] == after["tuned"]
    assert before["tuned_at_place"] != after["tuned_at_place"]
    chances = [score for one in before["tuned"] for score in one.scores]
    assert 0 <= min(chances) < max(chances) <= 1


def test_known_and_new_shoppers_are_answered(bundle: InterestBundle) -> None:
    old, new, searching = TASK.predict(
        bundle,
        [
            InterestInput(user_id="u1", k=3),
            InterestInput(user_id="who"),
            InterestInput(query="all mugs", k=2),
        ],
    )
    assert old.history and not old.cold
    assert len(old.results) == 3
    assert not {past.product_id for past in old.history} & set(ids_of(old))
    assert new.cold and len(new.results) == 10
    assert ids_of(searching)[0] == "mug-red"
    scores = [result.score for result in new.results]
    assert scores == sorted(scores, reverse=True)


def test_what_was_just_looked_at_comes_after_the_past(bundle: InterestBundle) -> None:
    item = InterestInput(user_id="u1", history=("lamp-grey", "unknown"))
    history = TASK.predict(bundle, [item])[0].history
    assert history[-1].product_id == "lamp-grey"
    assert len(history) > 1


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({}, "interest.nothing_asked"),
        ({"query": None}, "codec.no_text"),
        ({"history": "mug-red"}, "codec.no_list"),
        ({"history": [3]}, "codec.no_text"),
        ({"user_id": 3}, "codec.no_text"),
        ({"query": "mug", "k": 0}, "codec.no_count"),
        ({"history": ["mug-red"] * 201}, "interest.long_history"),
        ({"history": ["mug-red"], "strengths": []}, "interest.bad_strengths"),
        ({"history": ["mug-red"], "strengths": [0]}, "codec.does_not_fit"),
        ({"history": ["mug-red"], "strengths": ["much"]}, "codec.does_not_fit"),
        ({"query": "mug", "weights": {"luck": 0.5}}, "codec.does_not_fit"),
        ({"query": "mug", "among": "mug-red"}, "codec.no_list"),
    ],
)
def test_a_bad_input_is_named_by_its_row(
    bundle: InterestBundle, bad: dict[str, object], code: str
) -> None:
    with pytest.raises(InputError) as caught:
        TASK.predict(bundle, decode(PREDICT.body, [{"query": "mug"}, bad]))
    assert (caught.value.code, caught.value.params["row"]) == (code, 2)


def test_attention_adds_up_and_names_what_counts_most(bundle: InterestBundle) -> None:
    history = ("mug-red", "pan-blue", "shoe-green")
    why = TASK.explain(bundle, WhyInput(history=history, product_id="mug-blue"))
    assert [title for title, _ in why.weights] == ["red mug", "blue pan", "green shoe"]
    assert sum(share for _, share in why.weights) == pytest.approx(1)
    assert why.most in history
    alone = TASK.explain(bundle, WhyInput(query="mug", product_id="mug-blue"))
    assert list(alone.weights) == []
    assert alone.most is None
    with pytest.raises(InputError):
        TASK.explain(bundle, WhyInput(history=history, product_id="gone"))


def test_reasons_come_with_the_list(bundle: InterestBundle) -> None:
    history, strengths = ("mug-red", "pan-blue"), (1, 4.0)
    item = InterestInput(history=history, strengths=strengths, k=3, why=True)
    answer = TASK.predict(bundle, [item])[0]
    assert [past.strength for past in answer.history] == [1, 4]
    for result in answer.results:
        why = TASK.explain(
            bundle, WhyInput(history=history, strengths=strengths, product_id=result.product_id)
        )
        shares = [share for _, share in why.weights]
        assert result.reason
        assert [share for _, share in result.reason.because] == pytest.approx(
            sorted(shares, reverse=True), abs=1e-6
        )
        assert result.reason.because[0][0] == int(np.argmax(shares))
        assert result.reason.facts.clicks >= 0
    new = TASK.predict(bundle, [InterestInput(history=(), why=True)])[0]
    assert new.results[0].reason
    assert new.results[0].reason.because == []


def test_rerank_weights_change_the_list_and_say_how(bundle: InterestBundle) -> None:
    plain, reranked = TASK.predict(
        bundle,
        [
            InterestInput(user_id="u1"),
            InterestInput(user_id="u1", weights=RerankWeights(novelty=0.9, diversity=0.5)),
        ],
    )
    assert plain.like == plain.plain == reranked.plain
    assert reranked.like.novelty > plain.like.novelty
    assert [result.was for result in plain.results] == list(range(1, 11))
    for result in reranked.results:
        if result.was <= 10:
            assert ids_of(plain)[result.was - 1] == result.product_id


def test_what_weights_cost_is_measured_on_held_out_pages(
    bundle: InterestBundle, dataset: Dataset
) -> None:
    answers = TASK.outputs(bundle, dataset.test)
    heldout = RankingEvaluator().heldout_rows(dataset.test, answers)
    weights = (RerankWeights(), RerankWeights(novelty=0.9))
    plain, reranked = TASK.measure(bundle, heldout, TradeoffsInput(weights))
    assert plain.before == pytest.approx(heldout["tuned.score"].mean())
    assert plain.after == plain.before
    assert reranked.now.novelty > reranked.was.novelty
    chances = heldout["tuned.chances"].map(json.loads)
    assert [set(one) for one in chances] == [set(one) for one in dataset.test["qrels"]]


def test_before_training_a_new_shopper_gets_what_is_popular(tables: Tables, model: str) -> None:
    untuned = TASK.untuned(tables, TASK.config("quick", tables, model=model, **FAST), Silent())
    answer = TASK.predict(untuned, [InterestInput(history=())])[0]
    ctrs = [untuned.behaviour.popularity.ctr(name, None) for name in ids_of(answer)]
    assert ctrs == sorted(ctrs, reverse=True) and ctrs[0] > ctrs[-1]


def test_before_training_a_product_is_explained_by_closeness(tables: Tables, model: str) -> None:
    untuned = TASK.untuned(tables, TASK.config("quick", tables, model=model, **FAST), Silent())
    why = TASK.explain(untuned, WhyInput(history=("mug-red", "shoe-green"), product_id="mug-blue"))
    assert sum(share for _, share in why.weights) == pytest.approx(1)
    assert why.most == "mug-red"


def test_blind_answers_are_those_to_somebody_new(bundle: InterestBundle, dataset: Dataset) -> None:
    outputs = TASK.outputs(bundle, dataset.test)
    assert set(outputs) == set(bundle.systems)
    nobody = [[] for _ in dataset.test["history"]]
    new = dataset.test.assign(history=nobody, strengths=nobody)
    assert outputs["tuned_blind"] == bundle.rank(list(list_moments(new)))["tuned"]
    assert outputs["tuned_blind"] != outputs["tuned"]


def test_a_choice_may_be_limited(bundle: InterestBundle) -> None:
    item = InterestInput(query="all mugs", among=("mug-blue", "gone", "pan-red", "mug-red"))
    ids = ids_of(TASK.predict(bundle, [item])[0])
    assert set(ids) == {"mug-blue", "pan-red", "mug-red"}
    assert ids[0] == "mug-red"


def test_of_a_large_catalog_the_likeliest_are_scored(
    bundle: InterestBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = TASK.predict(bundle, [InterestInput(query="all mugs", k=1)])
    monkeypatch.setattr(shortlist, "MOST_SCORED", 12)
    offered = bundle.offer(History(), "all mugs").product_ids
    assert len(offered) <= 12
    scored = TASK.predict(bundle, [InterestInput(query="all mugs", k=1)])
    assert scored[0].results == whole[0].results


def test_a_log_without_what_was_shown_teaches_nothing(tables: Tables) -> None:
    log = tiny_pages()
    clicks = Tables(dict(tables.frames) | {"searches": log[log["event"] == "click"]})
    assert TASK.readiness(clicks).level == "missing"
    with pytest.raises(InputError):
        TASK.dataset(clicks, TASK.config("quick", clicks))
    assert examination(log).iloc[0] == 1
