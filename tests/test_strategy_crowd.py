"""The click model on held-out sessions, the crowd it makes, and what a bandit learns from it."""

import numpy as np
import pandas as pd
import pytest

from engine.bandit.arms import Visit, strategies
from engine.bandit.attractiveness import SIGNS, inform
from engine.bandit.click_model import check, fit, read_impressions, read_visits
from engine.bandit.first_places import first_places
from engine.bandit.policies import FixedSplit, Thompson, make_policy
from engine.bandit.regret import mean_regret, right_winner, saved, traffic
from engine.bandit.similarity import Shelf
from engine.bandit.simulator import (
    Crowd,
    crowd_queries,
    list_worth,
    mine,
    read_histories,
    simulate,
    success_rates,
)
from engine.errors import InputError
from engine.retrieval.bm25 import BM25Index

THINGS = ("mug", "pan", "shoe", "lamp", "coat", "ball")
COLOURS = ("red", "blue", "green", "black", "white", "grey")
LOOKED = np.array([1.0, 0.6, 0.4, 0.3, 0.2, 0.15])
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
            if rng.random() < LOOKED[place] * attractive:
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
def answers(shown: pd.DataFrame) -> dict:
    """Words find the thing and the colour; "meaning" the thing alone."""
    ids = list(TITLES)
    index = BM25Index(ids, list(TITLES.values()))
    found = {}
    for query in crowd_queries(shown, 18):
        words = index.search(query, 36)
        thing = index.search(query.split()[1], 36)
        systems = {
            name: [[product, score] for product, score in zip(r.product_ids, r.scores, strict=True)]
            for name, r in (("bm25_all", words), ("untuned", thing), ("hybrid_untuned", thing))
        }
        found[query] = {"query": query, "system": "hybrid_untuned", "systems": systems}
    return found


SHELF = Shelf({name: frozenset((name.split("-")[0],)) for name in TITLES}, {}, TITLES)


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
    found = check(shown)
    assert 1 < found.perplexity < found.position_only < 2
    assert found.low > 0 and found.low <= found.gain <= found.high
    assert found.sessions == pytest.approx(300, rel=0.2)
    assert len(found.positions) == len(found.positions_only) == 6


def test_perplexity_by_hand() -> None:
    # One query and product, always first, clicked in half the sessions: nothing but a coin.
    rows = {"session_id": [f"s{n}" for n in range(400)], "query": "q", "product_id": "p"}
    coin = pd.DataFrame(rows).assign(place=0, clicked=np.arange(400) % 2 == 0)
    found = check(coin)
    assert found.perplexity == pytest.approx(2.0, abs=0.05)
    assert found.position_only == pytest.approx(2.0, abs=0.05)


def test_the_model_finds_looks_and_attraction(shown) -> None:
    model = fit(shown)
    looks = model.looks(np.arange(6)) / model.looks(np.arange(1))
    assert looks == pytest.approx(LOOKED, abs=0.12)
    own, other = model.attractive("red mug", ["mug-red", "shoe-blue"])
    assert own > 2 * other
    assert model.attractive("red mug", ["never seen"])[0] == pytest.approx(model.guess.value)
    assert model.clicks("red mug", ["mug-red"] * 9).shape == (9,)


def test_guesses_help_and_know_products_never_shown(log, shown, answers) -> None:
    visits = read_visits(shown, read_histories(log))
    known = shown[shown["query"].isin(answers)]

    def learn(rows: pd.DataFrame):
        return inform(fit(rows), rows, answers, SHELF, visits)

    alone, informed = check(known, fit, visits), check(known, learn, visits)
    assert informed.perplexity < alone.perplexity < alone.position_only
    # What is hidden from the model is still guessed to be better than another thing.
    hidden = known[~((known["query"] == "red mug") & (known["product_id"] == "mug-red"))]
    model = learn(hidden)
    assert ("red mug", "mug-red") not in model.seen
    good, bad = model.attractive("red mug", ["mug-red", "ball-grey"])
    assert good > bad + 0.2
    assert dict(zip(SIGNS, model.guess.weights, strict=True))["words"] > 0


def test_a_list_is_worth_what_its_clicks_are(shown) -> None:
    model = fit(shown)
    first, second = model.clicks("red mug", ["mug-red", "mug-blue"])
    found = list_worth(model, "red mug", ["mug-red", "mug-blue"], Visit(), rate=0.5)
    assert found == pytest.approx(1 - (1 - first / 2) * (1 - second / 2))


def test_success_rates_are_the_logs(log) -> None:
    found = success_rates(log)
    assert found["any"] == 1.0 and found["cart"] == pytest.approx(0.5, abs=0.06)
    assert found["purchase"] == 0.0


def test_a_crowd_is_mined_from_the_log(log, shown, answers) -> None:
    visits = read_visits(shown, read_histories(log))
    model = inform(fit(shown), shown, answers, SHELF, visits)
    crowd = mine(shown, model, answers, strategies(SHELF), visits, length=5)
    assert crowd.share.sum() == pytest.approx(1) and len(crowd.queries) == 18
    assert crowd.worth.shape == (18, 6) and ((crowd.worth > 0) & (crowd.worth < 1)).all()
    asked = shown.drop_duplicates("session_id")["query"].value_counts()
    assert crowd.share[0] == pytest.approx(asked.iloc[0] / len(visits), rel=0.01)
    # Words know the colour that the other system does not.
    assert crowd.best == 0 and crowd.guessed.max() < 1
    with pytest.raises(InputError) as error:
        crowd_queries(shown[shown["query"] == "red mug"], 10)
    assert error.value.code == "strategy.no_crowd"


WORTH = np.array([[0.30, 0.45, 0.2, 0.25], [0.2, 0.5, 0.25, 0.3], [0.4, 0.35, 0.3, 0.2]])
CROWD = Crowd(
    ("a", "b", "c"), np.array([0.5, 0.3, 0.2]), WORTH, np.eye(3), np.zeros(4)
)  # fmt: skip


def test_regret_is_against_the_best_single_strategy() -> None:
    course = simulate(CROWD, FixedSplit(4), 3000, seed=1)
    assert CROWD.best == 1
    mean = CROWD.share @ WORTH
    assert course.regret.mean() == pytest.approx(mean[1] - mean.mean(), abs=0.01)
    assert course.reward.mean() == pytest.approx(mean.mean(), abs=0.03)
    assert (course.propensity == 0.25).all()
    assert np.bincount(course.visit) / 3000 == pytest.approx(CROWD.share, abs=0.03)


@pytest.mark.parametrize("name", ["thompson", "linear_thompson", "lin_ucb", "epsilon_greedy"])
def test_regret_grows_slower_than_a_fixed_splits(name: str) -> None:
    lists, seeds = 800, range(8)
    learned = [simulate(CROWD, make_policy(name, 4, 3), lists, seed) for seed in seeds]
    fixed = [simulate(CROWD, FixedSplit(4), lists, seed) for seed in seeds]
    gain = saved(learned, fixed)
    assert gain.low > 0
    curve, straight = mean_regret(learned)["mean"], mean_regret(fixed)["mean"]
    late = (curve.iloc[-1] - curve.iloc[399]) / (straight.iloc[-1] - straight.iloc[399])
    early = curve.iloc[199] / straight.iloc[199]
    assert late < 0.6 and late < early


def test_the_board_of_a_course() -> None:
    course = simulate(CROWD, Thompson(4), 1000, seed=2, least=0.1)
    shares = traffic(course, ("a", "b", "c", "d"), parts=10)
    assert shares.sum(axis=1).tolist() == pytest.approx([1.0] * 10)
    assert shares.index[-1] == 1000 and shares["b"].iloc[-1] > shares["b"].iloc[0]
    assert course.probabilities.min() >= 0.1 / 4 - 1e-9
    assert right_winner(course, CROWD)
    again = simulate(CROWD, Thompson(4), 1000, seed=2, least=0.1)
    assert (again.arm == course.arm).all()


def test_the_uploaded_log_judges_strategies_by_its_first_place(log, shown, answers) -> None:
    visits = read_visits(shown, read_histories(log))
    arms = strategies(SHELF)
    places = first_places(shown, fit(shown), answers, arms, visits)
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
    replayed = places.replay(make_policy("thompson", len(arms), places.contexts.shape[1]))
    assert replayed.effective >= 10 and 0 < replayed.value < 1


def test_a_log_whose_first_place_never_changes_says_so(shown, answers) -> None:
    stiff = shown.assign(product_id=shown["product_id"].where(shown["place"] > 0, "mug-red"))
    with pytest.raises(InputError) as error:
        first_places(stiff, fit(stiff), answers, strategies(SHELF), {})
    assert error.value.code == "strategy.first_place_fixed"
