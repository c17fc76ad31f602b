"""The click model on held-out sessions, simulated shoppers, and what a bandit learns from them."""

import numpy as np
import pandas as pd
import pytest

from engine.bandit.arms import strategies
from engine.bandit.attractiveness import PRODUCT_FEATURES, fit_prior
from engine.bandit.click_model import fit_click_model
from engine.bandit.first_places import log_of_first_places
from engine.bandit.impressions import read_impressions
from engine.bandit.perplexity import measure_perplexity
from engine.bandit.policies import FixedSplit, Thompson, make_policy
from engine.bandit.regret import finds_best_arm, mean_regret, regret_saved, traffic
from engine.bandit.similarity import ProductSimilarity
from engine.bandit.simulator import (
    Simulator,
    build_simulator,
    conversion_rates,
    frequent_queries,
    list_success,
    roll_out,
)
from engine.bandit.system_rankings import SystemRankings, read_rankings
from engine.bandit.visits import Visit, logged_acts, read_histories, read_visits
from engine.errors import InputError
from engine.retrieval.bm25 import BM25Index
from engine.tables.tables import Tables
from engine.tasks.search.answers import SearchAnswer

THINGS = ("mug", "pan", "shoe", "lamp", "coat", "ball")
COLOURS = ("red", "blue", "green", "black", "white", "grey")
EXAMINED = np.array([1.0, 0.6, 0.4, 0.3, 0.2, 0.15])
TITLES = {f"{thing}-{colour}": f"{colour} {thing}" for thing in THINGS for colour in COLOURS}


def make_log(sessions: int = 1500, seed: int = 1) -> pd.DataFrame:
    """Shoppers ask for a coloured thing; that thing attracts, in its colour most, else little."""
    rng = np.random.default_rng(seed)
    ids = np.array(list(TITLES))
    rows = []
    for session in range(sessions):
        # Some things and colours are asked more often than others.
        thing, colour = THINGS[min(rng.geometric(0.4), 6) - 1], COLOURS[rng.integers(3)]
        query = f"{colour} {thing}"
        same = [name for name in ids if name.startswith(thing)]
        page = rng.permutation([*rng.choice(same, 3, replace=False), *rng.choice(ids, 3)])
        about = {"session_id": f"s{session}", "user_id": f"u{session % 40}", "query": query}
        about["time"] = pd.Timestamp("2025-01-01") + pd.Timedelta(minutes=session)
        for place, name in enumerate(dict.fromkeys(page.tolist())):
            attractive = 0.05 + 0.3 * (thing in name) + 0.5 * (name == f"{thing}-{colour}")
            seen = about | {"product_id": name, "position": place + 1}
            rows.append(seen | {"event": "impression"})
            if rng.random() < EXAMINED[place] * attractive:
                rows.append(seen | {"event": "click"})
                if rng.random() < 0.5:
                    rows.append(seen | {"event": "add_to_cart"})
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return make_log()


@pytest.fixture(scope="module")
def shown(log: pd.DataFrame) -> pd.DataFrame:
    return read_impressions(log)


@pytest.fixture(scope="module")
def rankings(shown: pd.DataFrame) -> dict[str, SystemRankings]:
    """Words find the thing and the colour; "meaning" the thing alone."""
    ids = list(TITLES)
    index = BM25Index.of_texts(ids, list(TITLES.values()))
    rankings = {}
    for query in frequent_queries(shown, 18):
        words = index.search(query, 36)
        thing = index.search(query.split()[1], 36)
        systems = {
            name: [(product, score) for product, score in zip(r.product_ids, r.scores, strict=True)]
            for name, r in (("bm25_all", words), ("untuned", thing), ("hybrid_untuned", thing))
        }
        rankings[query] = read_rankings(SearchAnswer(query, "hybrid_untuned", (), systems, 0.0))
    return rankings


SIMILARITY = ProductSimilarity(
    {name: frozenset((name.split("-")[0],)) for name in TITLES}, {}, TITLES
)
ARMS = strategies(SIMILARITY, {})


def test_impressions_are_read_from_the_top_with_who_saw_them(log, shown) -> None:
    assert shown["place"].min() == 0 and set(shown["clicked"]) == {True, False}
    assert len(shown) == (log["event"] == "impression").sum()
    assert shown["clicked"].sum() == (log["event"] == "click").sum()
    assert shown["user_id"].notna().all()
    with pytest.raises(InputError) as error:
        read_impressions(log.head(30))
    assert error.value.code == "strategy.no_log"
    with pytest.raises(InputError):
        read_impressions(log[log["event"] == "click"])


def test_the_click_model_beats_position_alone_on_unseen_sessions(shown) -> None:
    perplexity = measure_perplexity(shown)
    assert 1 < perplexity.perplexity < perplexity.position_only < 2
    assert perplexity.low > 0 and perplexity.low <= perplexity.gain <= perplexity.high
    assert perplexity.sessions == pytest.approx(300, rel=0.2)
    assert len(perplexity.positions) == len(perplexity.positions_only) == 6


def test_perplexity_by_hand() -> None:
    # One query and product, always first, clicked in half the sessions: nothing but a coin.
    rows = {"session_id": [f"s{n}" for n in range(400)], "query": "q", "product_id": "p"}
    coin = pd.DataFrame(rows).assign(place=0, clicked=np.arange(400) % 2 == 0)
    perplexity = measure_perplexity(coin)
    assert perplexity.perplexity == pytest.approx(2.0, abs=0.05)
    assert perplexity.position_only == pytest.approx(2.0, abs=0.05)


def test_the_model_finds_examination_and_attractiveness(shown) -> None:
    model = fit_click_model(shown)
    examined = model.examination_at(np.arange(6)) / model.examination_at(np.arange(1))
    assert examined == pytest.approx(EXAMINED, abs=0.12)
    own, other = model.attractiveness("red mug", ["mug-red", "shoe-blue"])
    assert own > 2 * other
    assert model.attractiveness("red mug", ["never seen"])[0] == pytest.approx(model.prior.value)
    assert model.click_probabilities("red mug", ["mug-red"] * 9).shape == (9,)


def test_a_fitted_prior_helps_and_knows_products_never_shown(log, shown, rankings) -> None:
    visits = read_visits(shown, read_histories(logged_acts(Tables({"searches": log}))))
    frequent = shown[shown["query"].isin(rankings)]

    def fit(rows: pd.DataFrame):
        return fit_prior(fit_click_model(rows), rows, rankings, SIMILARITY, visits)

    alone = measure_perplexity(frequent, fit_click_model, visits)
    informed = measure_perplexity(frequent, fit, visits)
    assert informed.perplexity < alone.perplexity < alone.position_only
    # What is hidden from the model is still guessed to be better than another thing.
    hidden = frequent[~((frequent["query"] == "red mug") & (frequent["product_id"] == "mug-red"))]
    model = fit(hidden)
    assert ("red mug", "mug-red") not in model.counts
    good, bad = model.attractiveness("red mug", ["mug-red", "ball-grey"])
    assert good > bad + 0.2
    assert dict(zip(PRODUCT_FEATURES, model.prior.weights, strict=True))["words"] > 0


def test_a_list_succeeds_by_its_clicks(shown) -> None:
    model = fit_click_model(shown)
    first, second = model.click_probabilities("red mug", ["mug-red", "mug-blue"])
    success = list_success(model, "red mug", ["mug-red", "mug-blue"], Visit(), conversion=0.5)
    assert success == pytest.approx(1 - (1 - first / 2) * (1 - second / 2))


def test_conversion_rates_are_the_logs(log) -> None:
    rates = conversion_rates(Tables({"searches": log}))
    assert rates["any"] == 1.0 and rates["cart"] == pytest.approx(0.5, abs=0.06)
    assert rates["purchase"] == 0.0


def test_simulated_shoppers_are_learned_from_the_log(log, shown, rankings) -> None:
    visits = read_visits(shown, read_histories(logged_acts(Tables({"searches": log}))))
    model = fit_prior(fit_click_model(shown), shown, rankings, SIMILARITY, visits)
    simulator = build_simulator(shown, model, rankings, ARMS, visits, length=5)
    assert simulator.share.sum() == pytest.approx(1) and len(simulator.queries) == 18
    assert simulator.success.shape == (18, 6)
    assert ((simulator.success > 0) & (simulator.success < 1)).all()
    searches = shown.drop_duplicates("session_id")["query"].value_counts()
    assert simulator.share[0] == pytest.approx(searches.iloc[0] / len(visits), rel=0.01)
    # Words know the colour that the other system does not.
    assert simulator.best_arm == 0 and simulator.unseen.max() < 1
    with pytest.raises(InputError) as error:
        frequent_queries(shown[shown["query"] == "red mug"], 10)
    assert error.value.code == "strategy.no_crowd"


SUCCESS = np.array([[0.30, 0.45, 0.2, 0.25], [0.2, 0.5, 0.25, 0.3], [0.4, 0.35, 0.3, 0.2]])
SHARE = np.array([0.5, 0.3, 0.2])
SIMULATOR = Simulator(("a", "b", "c"), SHARE, SUCCESS, np.eye(3), np.zeros(4))


def test_regret_is_against_the_best_single_strategy() -> None:
    rollout = roll_out(SIMULATOR, FixedSplit(4), 3000, seed=1)
    assert SIMULATOR.best_arm == 1
    mean = SIMULATOR.share @ SUCCESS
    assert rollout.regret.mean() == pytest.approx(mean[1] - mean.mean(), abs=0.01)
    assert rollout.reward.mean() == pytest.approx(mean.mean(), abs=0.03)
    assert (rollout.propensity == 0.25).all()
    assert np.bincount(rollout.visit) / 3000 == pytest.approx(SIMULATOR.share, abs=0.03)


@pytest.mark.parametrize("name", ["thompson", "linear_thompson", "lin_ucb", "epsilon_greedy"])
def test_regret_grows_slower_than_a_fixed_splits(name: str) -> None:
    lists, seeds = 800, range(8)
    learned = [roll_out(SIMULATOR, make_policy(name, 4, 3), lists, seed) for seed in seeds]
    fixed = [roll_out(SIMULATOR, FixedSplit(4), lists, seed) for seed in seeds]
    gain = regret_saved(learned, fixed)
    assert gain.low > 0
    curve, straight = mean_regret(learned)["mean"], mean_regret(fixed)["mean"]
    late = (curve.iloc[-1] - curve.iloc[399]) / (straight.iloc[-1] - straight.iloc[399])
    early = curve.iloc[199] / straight.iloc[199]
    assert late < 0.6 and late < early


def test_the_traffic_of_a_rollout() -> None:
    rollout = roll_out(SIMULATOR, Thompson(4), 1000, seed=2, exploration=0.1)
    shares = traffic(rollout, ("a", "b", "c", "d"), parts=10)
    assert shares.sum(axis=1).tolist() == pytest.approx([1.0] * 10)
    assert shares.index[-1] == 1000 and shares["b"].iloc[-1] > shares["b"].iloc[0]
    assert rollout.probabilities.min() >= 0.1 / 4 - 1e-9
    assert finds_best_arm(rollout, SIMULATOR)
    again = roll_out(SIMULATOR, Thompson(4), 1000, seed=2, exploration=0.1)
    assert (again.arm == rollout.arm).all()


def test_the_uploaded_log_judges_strategies_by_its_first_place(log, shown, rankings) -> None:
    visits = read_visits(shown, read_histories(logged_acts(Tables({"searches": log}))))
    places = log_of_first_places(shown, fit_click_model(shown), rankings, ARMS, visits)
    assert len(places.reward) == (shown["place"] == 0).sum()
    # What stood first is one of the actions' products, and shares of a query sum to its lists.
    assert places.propensity.max() <= 1 and places.actions.max() <= places.shown.max()
    words, meaning = (places.estimates(arm) for arm in (0, 1))
    for estimates in (words, meaning):
        for one in estimates.values():
            assert one.low < one.value < one.high
    # Words put the very thing in its colour first: 0.85 of those who look click it.
    assert words["snips"].value > meaning["snips"].value
    assert words["dr"].low <= 0.85 <= words["dr"].high + 0.1
    replayed = places.replay(make_policy("thompson", len(ARMS), places.contexts.shape[1]))
    assert replayed.effective >= 10 and 0 < replayed.value < 1


def test_a_log_whose_first_place_never_changes_says_so(shown, rankings) -> None:
    stiff = shown.assign(product_id=shown["product_id"].where(shown["place"] > 0, "mug-red"))
    with pytest.raises(InputError) as error:
        log_of_first_places(stiff, fit_click_model(stiff), rankings, ARMS, {})
    assert error.value.code == "strategy.first_place_fixed"
