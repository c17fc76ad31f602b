"""Models of what goes with what, each against numbers worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from engine.evaluation import ranking as measures
from engine.evaluation.recommendation import score_lists
from engine.ranking import Ranking
from engine.tables.categories import leaves
from engine.tables.product_text import titles_with_leaf
from engine.tables.schema import TABLES
from engine.tasks.cooccurrence import (
    Lift,
    Popularity,
    ShrunkCosine,
    lift,
    pair_counts,
    product_counts,
    to_matrix,
)
from engine.tasks.cross_sell import network
from engine.tasks.cross_sell.basket_ranking import rank_baskets
from engine.tasks.cross_sell.baskets import (
    count_learnable,
    hold_one_out,
    list_baskets,
    split_baskets,
)
from engine.tasks.cross_sell.category_lift import PRIOR_PAIRS, CategoryLift
from engine.tasks.cross_sell.copurchase import (
    BLOCK,
    BLOCK_SCORES,
    blocks,
    choose_strengths,
    expected_shares,
    hidden_gains,
    mean_gain,
)
from engine.tasks.cross_sell.ease import Ease
from engine.tasks.cross_sell.implicit_models import Als, BM25Neighbours, Bpr
from engine.tasks.cross_sell.mixture import ENOUGH_TO_CHOOSE, Mixture
from engine.tasks.cross_sell.model_blend import learn_blend
from engine.tasks.cross_sell.offers import Offer, estimate, find_bundles, span_in_days
from engine.tasks.cross_sell.pairs import bought_together, draw_rivals
from engine.tasks.cross_sell.shared_facts import PriceLevel, SharedFacts, product_facts
from engine.tasks.cross_sell.substitutes import Substitutes, looked_at_together
from engine.tasks.cross_sell.text_model import TextComplements

NAMES = ["pan", "lid", "salt", "pot"]
COLUMNS = {name: column for column, name in enumerate(NAMES)}
# pan and lid meet twice, pan and salt once; nobody bought the pot.
BASKETS = [["pan", "lid"], ["pan", "lid", "salt"], ["salt"], ["pan"]]
MATRIX = to_matrix(BASKETS, COLUMNS)


def ask(*names: str) -> csr_matrix:
    return to_matrix([names], COLUMNS)


def orders(*lines: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=["order_id", "product_id", "time"])


def test_orders_become_baskets_in_time_order() -> None:
    baskets = list_baskets(
        orders(
            ("b", "pan", "2025-01-02"),
            ("a", "lid", "2025-01-01"),
            ("b", "pan", "2025-01-02"),
            ("b", "gone", "2025-01-02"),
            ("a", "salt", "2025-01-01"),
            ("c", "gone", "2025-01-01"),
            ("d", "pot", ""),
        ),
        NAMES,
    )
    assert baskets["order_id"].tolist() == ["d", "a", "b"]
    assert baskets["basket"].tolist() == [["pot"], ["lid", "salt"], ["pan"]]
    assert count_learnable(baskets) == 1
    assert list_baskets(orders(), NAMES).empty


def test_a_matrix_has_a_row_for_every_basket_and_skips_unknown_products() -> None:
    matrix = to_matrix([["pan", "gone"], [], ["pot", "lid"]], COLUMNS).toarray()
    assert matrix.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 1]]


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.lists(st.sampled_from(NAMES), min_size=1, max_size=5)),
        max_size=60,
    ),
    st.integers(0, 5),
)
def test_nothing_learned_from_is_later_than_what_is_held_out(
    bought: list[tuple[int, list[str]]], seed: int
) -> None:
    lines = [
        (f"o{number}", name, f"2025-01-{1 + day:02}")
        for number, (day, names) in enumerate(bought)
        for name in names
    ]
    baskets = list_baskets(orders(*lines), NAMES)
    train, validation, test = split_baskets(baskets, seed, most_held=10)
    held_out = pd.concat([validation, test])
    assert len(validation) <= 10 and len(test) <= 10
    if len(train) and len(held_out):
        assert train["time"].max() <= held_out["time"].min()
    if len(validation) and len(test):
        assert validation["time"].max() <= test["time"].min()
    ids = [*train["order_id"], *held_out["order_id"]]
    assert len(ids) == len(set(ids))
    whole = baskets.set_index("order_id")["basket"]
    for row in held_out.itertuples():
        assert row.hidden not in row.basket and row.basket
        assert sorted([*row.basket, row.hidden]) == sorted(whole[row.order_id])


def test_which_product_is_hidden_is_drawn() -> None:
    baskets = pd.DataFrame({"basket": [["pan", "lid", "salt"]] * 50})
    held_out = hold_one_out(baskets, np.random.default_rng(0))
    assert set(held_out["hidden"]) == {"pan", "lid", "salt"}


def test_pairs_are_counted() -> None:
    assert product_counts(MATRIX).tolist() == [3, 2, 2, 0]
    assert pair_counts(MATRIX).toarray().tolist() == [
        [0, 2, 1, 0],
        [2, 0, 1, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
    ]


def test_popularity_is_the_same_for_every_basket() -> None:
    scores = Popularity().fit(MATRIX).scores(to_matrix([["pan"], ["pot"]], COLUMNS))
    assert scores.tolist() == [[3, 2, 2, 0]] * 2


def test_lift_is_how_much_more_often_than_by_chance() -> None:
    lifts = lift(MATRIX).toarray()
    assert lifts[0, 1] == pytest.approx(2 * 4 / (3 * 2))
    assert lifts[0, 2] == pytest.approx(1 * 4 / (3 * 2))
    assert Lift().fit(MATRIX).scores(ask("pan", "lid"))[0, 2] == pytest.approx(
        4 / (3 * 2) + 4 / (2 * 2)
    )


def test_shrunk_cosine_holds_rare_pairs_back() -> None:
    assert ShrunkCosine(10).fit(MATRIX).similarity[0, 1] == pytest.approx(2 / (math.sqrt(6) + 10))
    plain = ShrunkCosine(0).fit(MATRIX).scores(ask("pan", "salt"))[0]
    assert plain[1] == pytest.approx(2 / math.sqrt(6) + 1 / math.sqrt(4))
    assert plain[3] == 0


def test_ease_is_its_closed_form() -> None:
    dense = MATRIX.toarray()[:, :3].astype(float)
    inverse = np.linalg.inv(dense.T @ dense + 2.0 * np.eye(3))
    expected = np.eye(3) - inverse / np.diag(inverse)
    model = Ease(2.0, 10, 1.0).fit(MATRIX)
    np.testing.assert_allclose(model.weights, expected, atol=1e-6)
    assert np.diag(model.weights).tolist() == [0, 0, 0]
    scores = model.scores(ask("pan"))[0]
    np.testing.assert_allclose(scores, [*expected[0], 0], atol=1e-6)


def test_ease_is_the_ridge_regression_that_it_says_it_is() -> None:
    """Each column of B minimises |x_j − X b|² + λ|b|² with b_j = 0."""
    rng = np.random.default_rng(0)
    dense = (rng.random((60, 5)) < 0.4).astype(np.float32)
    weights = Ease(3.0, 5, 1.0).fit(csr_matrix(dense)).weights
    for target in range(5):
        others = [column for column in range(5) if column != target]
        part = dense[:, others].astype(float)
        best = np.linalg.solve(part.T @ part + 3.0 * np.eye(4), part.T @ dense[:, target])
        np.testing.assert_allclose(weights[others, target], best, atol=1e-5)


def test_rare_products_fall_back_to_the_cosine_on_the_same_scale() -> None:
    model = Ease(2.0, 2, 1.0).fit(MATRIX)
    assert model.head.tolist() == [0, 1]
    cosine = ShrunkCosine(1.0).fit(MATRIX).similarity.toarray()
    scale = model.weights[0, 1] * cosine[0, 1] + model.weights[1, 0] * cosine[1, 0]
    scale /= cosine[0, 1] ** 2 + cosine[1, 0] ** 2
    scores = model.scores(ask("pan", "salt"))[0]
    assert scores[1] == pytest.approx(model.weights[0, 1] + scale * cosine[2, 1], abs=1e-6)
    assert scores[2] == pytest.approx(scale * cosine[0, 2], abs=1e-6)


def test_categories_that_go_together_reach_what_nobody_bought() -> None:
    model = CategoryLift(["cook", "cook", "spice", "spice"]).fit(MATRIX)
    # Pairs by category: cook-cook 4, cook-spice and spice-cook 2 each; shares 6/8 and 2/8.
    chance = 8 * 0.75 * 0.25
    expected = math.log((2 + PRIOR_PAIRS) / (chance + PRIOR_PAIRS))
    assert model.scores(ask("pan"))[0, 3] == pytest.approx(expected, abs=1e-6)
    assert model.between("cook", "spice") == pytest.approx(math.exp(expected), abs=1e-6)
    assert model.between("cook", "toys") == 1.0
    unknown = CategoryLift(["", "", "", ""]).fit(MATRIX)
    assert unknown.scores(ask("pan")).tolist() == [[0, 0, 0, 0]]


def test_shared_facts_are_brand_and_short_attribute_values() -> None:
    catalog = pd.DataFrame(
        {
            "brand": ["Acme", "Acme", None],
            "attributes": ['{"color": "red", "notes": "' + "x" * 99 + '"}', '{"color": "red"}', ""],
        }
    )
    facts = product_facts(catalog)
    assert facts == [["brand=Acme", "color=red"], ["brand=Acme", "color=red"], []]
    columns = {"a": 0, "b": 1, "c": 2}
    scores = SharedFacts(facts).scores(to_matrix([["a", "c"], []], columns))
    assert scores.tolist() == [[1, 1, 0], [0, 0, 0]]


def test_price_levels_are_compared_within_categories() -> None:
    prices = pd.Series([1.0, 100.0, 10.0, 1000.0, float("nan")])
    model = PriceLevel(prices, ["mug", "mug", "pot", "pot", "pot"])
    scores = model.scores(to_matrix([["0"]], {str(n): n for n in range(5)}))[0]
    assert scores[2] == pytest.approx(0)
    assert scores[3] == scores[1] == pytest.approx(-math.sqrt(2))
    assert scores[4] == pytest.approx(-math.sqrt(0.5))


def test_text_complements_look_from_anchors_to_products() -> None:
    anchors = np.eye(4, dtype=np.float32)
    products = np.roll(np.eye(4, dtype=np.float32), 1, axis=1)
    scores = TextComplements(anchors, products).fit(MATRIX).scores(ask("lid"))
    assert scores.tolist() == [[1, 0, 0, 0]]
    assert TextComplements(anchors, products).scores(ask()).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("model", [BM25Neighbours, Als, Bpr])
def test_implicits_models_find_what_is_bought_together(model: type) -> None:
    baskets = [["pan", "lid"]] * 30 + [["salt", "pot"]] * 30 + [["pan", "salt"]]
    fitted = model().fit(to_matrix(baskets, COLUMNS))
    rankings = rank_baskets(
        lambda block: {"it": fitted.scores(block)}, to_matrix([["pan"], ["pot"]], COLUMNS), NAMES, 1
    )
    assert [list(one.product_ids) for one in rankings["it"]] == [["lid"], ["salt"]]


@pytest.mark.parametrize("model", [Popularity(), Lift(), ShrunkCosine(5), Ease(10, 5, 5)])
def test_models_without_any_past_score_nothing(model: Popularity) -> None:
    scores = model.fit(to_matrix([], COLUMNS)).scores(ask("pan"))
    assert scores.tolist() == [[0, 0, 0, 0]]


def test_gains_are_the_ndcg_that_the_evaluation_measures() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 4, (20, 30)).astype(np.float32)
    names = [f"p{n:02}" for n in range(30)]
    baskets = csr_matrix((rng.random((20, 30)) < 0.1).astype(np.float32))
    hidden = np.array([int(np.flatnonzero(row == 0)[3]) for row in baskets.toarray()])
    ranked = rank_baskets(lambda _: {"it": scores.copy()}, baskets, names, 30)["it"]
    truth = [{names[column]: 1} for column in hidden]
    expected = measures.score_each(truth, ranked)[measures.PRIMARY]
    np.testing.assert_allclose(hidden_gains(scores, baskets, hidden), expected, atol=1e-6)


def test_lists_never_hold_what_the_basket_holds() -> None:
    model = Popularity().fit(MATRIX)
    rankings = rank_baskets(lambda block: {"it": model.scores(block)}, ask("pan"), NAMES, 10)
    assert list(rankings["it"][0].product_ids) == ["lid", "salt", "pot"]


def test_a_strength_is_chosen_by_what_it_finds() -> None:
    baskets = to_matrix([["pan"], ["lid"]], COLUMNS)
    strengths = choose_strengths(MATRIX, baskets, [1, 0], 10)
    assert mean_gain(Ease(strengths.ease, 10, strengths.shrink).fit(MATRIX), baskets, [1, 0]) == 1.0


def test_a_blend_learns_which_model_to_believe() -> None:
    rng = np.random.default_rng(2)
    hidden = rng.integers(0, 20, 200)
    right = rng.random((200, 20)).astype(np.float32)
    right[np.arange(200), hidden] += 1
    noise = rng.random((200, 20)).astype(np.float32)
    baskets = csr_matrix((200, 20), dtype=np.float32)
    scores = {"right": right, "noise": noise}
    rows = np.arange(200)
    own = {name: values[rows, hidden] for name, values in scores.items()}
    blend = learn_blend(scores, own, np.arange(20) == hidden[:, None])
    assert blend.weights["right"] > 5 * abs(blend.weights["noise"])
    mixed = hidden_gains(blend.mix(scores), baskets, hidden).mean()
    assert mixed >= hidden_gains(right, baskets, hidden).mean() - 0.01


def test_without_examples_the_models_of_a_blend_count_alike() -> None:
    one = np.array([[1, 2, 3]], dtype=np.float32)
    none = {name: np.zeros(0, dtype=np.float32) for name in "ab"}
    blend = learn_blend({"a": one[:0], "b": one[:0]}, none, np.zeros((0, 3), dtype=bool))
    parts = [blend.part("a", one), blend.part("b", one)]
    np.testing.assert_allclose(parts[0], parts[1], rtol=1e-5)


def test_the_mixture_recommends_what_does_best_on_validation() -> None:
    rng = np.random.default_rng(3)
    past = [[f"a{n}", f"b{n}"] for n in rng.integers(0, 10, 400)]
    names = [f"{letter}{n}" for letter in "ab" for n in range(10)]
    columns = {name: column for column, name in enumerate(names)}
    matrix = to_matrix(past, columns)
    catalog = pd.DataFrame({"product_id": names}).reindex(columns=TABLES["products"].columns)
    mixture = Mixture(matrix, catalog, None, "orders", 100)
    assert mixture.recommended == "cosine"
    drawn = rng.integers(0, 10, ENOUGH_TO_CHOOSE)
    held_out, hidden = to_matrix([[f"a{n}"] for n in drawn], columns), 10 + drawn
    mixture.choose(held_out[:-1], hidden[:-1])
    assert mixture.blend is None
    mixture.choose(held_out, hidden)
    assert "blend_orders" in mixture.systems
    gains = mixture.gains(held_out, hidden)
    assert gains[mixture.recommended] == max(gains.values()) == 1.0
    assert gains["popularity"] < 0.5


def test_labels_are_titles_with_their_leaf_category() -> None:
    products = pd.DataFrame({"title": ["Red mug", "Odd"], "category": ["Kitchen > Mugs", None]})
    assert titles_with_leaf(products) == ["Red mug. Mugs", "Odd"]
    assert leaves(products["category"]) == ["Mugs", ""]


def test_pairs_to_learn_count_as_often_as_bought_and_rivals_were_not_bought_together() -> None:
    pairs = bought_together(BASKETS, most=100, seed=0)
    counts = pairs.value_counts().to_dict()
    assert counts[("pan", "lid")] == counts[("lid", "pan")] == 2
    assert counts[("salt", "pan")] == 1 and len(pairs) == 8
    assert len(bought_together(BASKETS, most=2, seed=0)) == 2
    leaf = {"pan": "cook", "lid": "cook", "salt": "spice", "pot": "cook"}
    rivals = draw_rivals(pairs, leaf, seed=0)
    cooked = pairs["product_id"].map(leaf).eq("cook")
    assert set(np.array(rivals)[cooked]) == {"pot"}


def test_substitutes_are_looked_at_together_and_not_bought_together() -> None:
    log = pd.DataFrame(
        [
            ("s1", "pan", "lid", "impression"),
            ("s1", "pan", "pan", "click"),
            ("s1", "pan", "pot", "click"),
            ("s2", "pan", "salt", "click"),
        ],
        columns=["session_id", "query", "product_id", "event"],
    )
    looks = looked_at_together(log, COLUMNS)
    assert looks[0, 3] == looks[3, 0] == 1 and looks.sum() == 2
    vectors = np.array([[1, 0], [0.9, 0.4359], [0, 1], [0.8, 0.6]], dtype=np.float32)
    model = Substitutes(NAMES, ["cook", "cook", "spice", "cook"], vectors, looks, lift(MATRIX))
    substitutes = model.of(0, 5)
    assert [(one.product_id, one.looks) for one in substitutes] == [("pot", 1)]
    assert substitutes[0].closeness == pytest.approx(0.8)
    assert [one.product_id for one in model.of_basket([0, 3], 5)] == []
    assert [one.of for one in model.of_basket([0], 5)] == ["pan"]


@pytest.mark.parametrize("products", [0, 10, 100_000, 2 * BLOCK_SCORES])
def test_every_basket_is_scored_once_and_fewer_at_a_time_in_a_large_catalog(products: int) -> None:
    parts = list(blocks(csr_matrix((700, products))))
    assert [row for part in parts for row in range(700)[part]] == list(range(700))
    most = max(len(range(700)[part]) for part in parts)
    assert most <= BLOCK and (most == 1 or most * products <= BLOCK_SCORES)


def test_hit_rate_coverage_and_novelty_by_hand() -> None:
    popularity = {"a": 0.5, "b": 0.25, "c": 0.125, "d": 0.125}
    rankings = [Ranking(["a", "b"], [2, 1]), Ranking(["a", "c"], [2, 1])]
    figures = score_lists([{"b": 1}, {"d": 1}], rankings, popularity)
    assert figures == {"hr@10": 0.5, "coverage@10": 0.75, "novelty@10": (1 + 2 + 1 + 3) / 4}


def test_expected_shares_are_above_zero_for_what_nobody_bought() -> None:
    shares = expected_shares(MATRIX, NAMES)
    assert shares["pan"] == pytest.approx(3.5 / 5)
    assert shares["pot"] == pytest.approx(0.5 / 5)


def test_bundles_by_hand() -> None:
    baskets = [["pan", "lid"]] * 6 + [["pan"]] * 2 + [["salt"]] * 4
    bundles = find_bundles(baskets)
    rule = bundles[bundles["given"] == ("pan",)].iloc[0]
    assert rule["added"] == ("lid",)
    assert (rule["together"], rule["given_count"]) == (6, 8)
    assert rule["support"] == pytest.approx(6 / 12)
    assert rule["confidence"] == pytest.approx(6 / 8)
    assert rule["lift"] == pytest.approx((6 / 8) / (6 / 12))
    assert find_bundles([["pan", "lid"]] * 2).empty
    assert find_bundles([]).empty


def test_bundles_of_three_are_found() -> None:
    baskets = [["pan", "lid", "salt"]] * 5 + [["pot"]] * 20
    givens = {tuple(rule) for rule in find_bundles(baskets)["given"]}
    assert ("lid", "pan") in givens


def test_an_estimate_covers_what_the_assumptions_mean() -> None:
    rule = {"together": 200, "given_count": 1000}
    offer = Offer(margin=0.4, discount=0.0, uplift=(0.2, 0.2), days=30)
    effect = estimate(rule, price=50.0, span_days=300.0, offer=offer)
    # 100 baskets come, 20 % add it anyway, 4 more do: 4 · 50 · 0.4.
    assert effect.baskets == pytest.approx(100)
    assert effect.low < 80 < effect.high
    assert effect.mean == pytest.approx(80, rel=0.25)
    dear = estimate(rule, 50.0, 300.0, Offer(0.4, 0.3, (0.2, 0.2)))
    assert dear.mean < 0
    sure = estimate({"together": 20000, "given_count": 100000}, 50.0, 300.0, offer)
    assert (sure.high - sure.low) / sure.mean < (effect.high - effect.low) / effect.mean
    assert estimate(rule, 50.0, 300.0, offer) == effect


def test_a_span_of_time_is_in_days() -> None:
    assert span_in_days(pd.Series(["2025-01-01", "2025-01-11"])) == 10
    assert span_in_days(pd.Series(["2025-01-01"])) == 1
    assert span_in_days(pd.Series([None], dtype="datetime64[ns]")) is None


def test_the_network_shows_groups_apart() -> None:
    names = [f"{letter}{n}" for letter in "abc" for n in range(4)]
    columns = {name: column for column, name in enumerate(names)}
    rng = np.random.default_rng(0)
    baskets = [
        [f"{letter}{n}" for n in rng.permutation(4)[:2]] for letter in "aab" * 40 for _ in range(2)
    ]
    drawn = network.draw_network(to_matrix(baskets, columns), names, 2, most_groups=2, most_nodes=4)
    groups = [{node.name[0] for node in drawn.nodes if node.group == group} for group in (0, 1)]
    assert sorted(groups, key=str) == [{"a"}, {"b"}]
    assert all(tie.lift > 1 and tie.together >= 2 for tie in drawn.ties)
    right = [node.x for node in drawn.nodes if node.group == 1]
    assert max(node.x for node in drawn.nodes if node.group == 0) < min(right)
    assert network.draw_network(MATRIX[:0], NAMES, 2, 2, 4) == network.Network([], [])
