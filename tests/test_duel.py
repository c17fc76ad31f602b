"""Team draft, the interval that may be looked at any time, and the votes of a duel."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bandit.off_policy import wilson
from engine.duel.cite import cite_duel
from engine.duel.confidence import always_valid
from engine.duel.duel import LENGTH, Duel, Match, Side, path, stand
from engine.duel.simulated import simulate
from engine.duel.store import DuelStore
from engine.duel.team_draft import Mixed, team_draft, winner
from engine.errors import InputError
from engine.evidence.ledger import state
from engine.ideas.score import level_of
from engine.storage.workspace import Workspace
from tests.shop_double import small_shop, whole

RANKING = st.lists(st.sampled_from([f"p{n}" for n in range(14)]), unique=True, max_size=12)
A, B = Side("untuned", "hybrid_untuned"), Side("run-1", "hybrid_tuned")


@given(RANKING, RANKING, st.integers(1, 10), st.integers(0, 99))
def test_a_mixed_list_holds_no_product_twice_and_both_teams_as_often(
    first, second, length, seed
) -> None:
    mixed = team_draft(first, second, length, np.random.default_rng(seed))
    assert len({*mixed.products}) == len(mixed.products) == len(mixed.teams) <= length
    sizes = [mixed.teams.count(team) for team in ("first", "second")]
    assert abs(sizes[0] - sizes[1]) <= 1
    assert all(mixed.teams[n] != mixed.teams[n + 1] for n in range(0, len(mixed.teams) - 1, 2))
    for team, ranking in (("first", first), ("second", second)):
        picked = [p for p, t in zip(mixed.products, mixed.teams, strict=True) if t == team]
        assert picked == [p for p in ranking if p in picked]
    if not {*first} & {*second} and min(len(first), len(second)) >= length:
        assert len(mixed.products) == length


def test_who_is_first_is_drawn_evenly_and_equal_systems_win_as_often() -> None:
    ranking = [f"p{n}" for n in range(10)]
    wins = {"first": 0, "second": 0, "tie": 0}
    for seed in range(2000):
        mixed = team_draft(ranking, ranking, 6, np.random.default_rng(seed))
        assert mixed.products == tuple(ranking[:6])
        wins[winner(mixed, [ranking[0]])] += 1
    assert abs(wins["first"] - 1000) < 100 and wins["tie"] == 0


def test_the_team_with_more_clicks_wins() -> None:
    mixed = Mixed(("a", "b", "c", "d"), ("first", "second", "second", "first"))
    assert winner(mixed, ["a"]) == "first"
    assert winner(mixed, ["a", "b", "c"]) == "second"
    assert winner(mixed, ["a", "b"]) == winner(mixed, []) == "tie"


def chance_to_be_wrong(lists: int, interval: Callable[[int, int], tuple[float, float]]) -> float:
    """The exact chance that a fair coin is called unfair at any of the looks after each list."""
    reached = np.zeros(lists + 1)
    reached[0] = 1.0
    wrong = 0.0
    for n in range(1, lists + 1):
        reached = 0.5 * reached + 0.5 * np.concatenate([[0.0], reached[:-1]])
        for wins in np.flatnonzero(reached > 0):
            low, high = interval(int(wins), n)
            if not low <= 0.5 <= high:
                wrong += reached[wins]
                reached[wins] = 0.0
    return wrong


def test_the_interval_holds_at_all_looks_together_and_a_fixed_one_does_not() -> None:
    def ours(wins: int, n: int) -> tuple[float, float]:
        share = always_valid(wins, n - wins)
        return share.low, share.high

    def fixed(wins: int, n: int) -> tuple[float, float]:
        share = wilson(wins, n)
        return share.low, share.high

    assert 0.0 < chance_to_be_wrong(150, ours) <= 0.05
    assert chance_to_be_wrong(150, fixed) > 0.2


def test_the_interval_narrows_and_is_turned_by_turning_the_sides() -> None:
    few, many = always_valid(6, 4), always_valid(600, 400)
    assert few.low < 0.5 < few.high and many.low > 0.5
    assert (many.high - many.low) < (few.high - few.low)
    turned = always_valid(4, 6)
    assert turned.low == pytest.approx(1 - few.high, abs=1e-9)
    nothing = always_valid(0, 0)
    assert (nothing.low, nothing.value, nothing.high) == (0.0, 0.5, 1.0)
    assert always_valid(30, 0).high == 1.0 and always_valid(30, 0).low > 0.5


@pytest.fixture
def shop(home: Path) -> Workspace:
    return small_shop("en")


def begin(shop: Workspace, queries: int = 3) -> Duel:
    ids = [f"P{n:02}" for n in range(20)]
    matches = [Match(f"query {n}", tuple(ids), tuple(reversed(ids))) for n in range(queries)]
    return DuelStore(shop).begin(A, B, [*matches, Match("nothing", (), tuple(ids))])


def test_people_vote_once_a_query_on_lists_of_their_own(shop: Workspace) -> None:
    store, duel = DuelStore(shop), begin(shop)
    assert store.duels() == (store.duel(duel.duel_id),) == (duel,)
    assert len(duel.matches) == 3  # without the query that one side does not answer
    left = store.left(duel, "wynn")
    assert sorted(left) == [0, 1, 2]
    mixed = duel.mixed(left[0], "wynn")
    assert mixed == duel.mixed(left[0], "wynn") and len(mixed.products) == LENGTH
    product = mixed.products[mixed.teams.index("second")]
    assert store.vote(duel, left[0], "wynn", [product]) == "second"
    store.vote(duel, left[0], "wynn", [])
    assert store.winners(duel, "people") == ["second"]
    assert store.left(duel, "wynn") == left[1:]
    store.vote(duel, 1, "bo", [])
    assert store.people(duel) == 2
    file = shop.folder / "duel" / "duels.sqlite"
    # A name that no id in the file can hold by chance, as those are hexadecimal.
    assert b"wynn" not in b"".join(one.read_bytes() for one in file.parent.glob(f"{file.name}*"))
    with pytest.raises(InputError):
        store.vote(duel, 0, "bo", ["nobody"])
    with pytest.raises(InputError):
        store.vote(duel, 99, "bo", [])


def test_a_duel_needs_two_sides_and_a_query_that_both_answer(shop: Workspace) -> None:
    store = DuelStore(shop)
    assert store.duels() == ()
    with pytest.raises(InputError):
        store.begin(A, A, [Match("x", ("a",), ("b",))])
    with pytest.raises(InputError):
        store.begin(A, B, [Match("x", (), ("b",))])
    with pytest.raises(InputError):
        store.duel("nobody")


def test_the_verdict_follows_the_interval_and_ties_are_counted_apart() -> None:
    assert stand([]).verdict == "none"
    assert stand(["tie", "first"]).verdict == "open"
    clear = stand(["first"] * 40 + ["second"] * 5 + ["tie"] * 3)
    assert (clear.verdict, clear.ties, clear.decided) == ("first", 3, 45)
    assert stand(["second"] * 40).verdict == "second"
    walked = path(["tie", *["first", "second"] * 100])
    assert len(walked) <= 61 and walked[-1].decided == 200


def test_a_duel_becomes_evidence_that_labels_do_not_turn_grey(shop: Workspace) -> None:
    duel = DuelStore(shop).begin(A, Side("untuned", "bm25_all"), [Match("x", ("a",), ("b",))])
    citation = cite_duel(duel, stand(["first"] * 40), "people")
    assert (citation.kind, citation.value, citation.n) == ("comparison", 1.0, 40)
    assert citation.low > 0 and citation.parameters == {"duel": duel.duel_id}
    shop.correct("search", {"tea": {"P01": "3"}})
    assert state(shop, citation).valid
    assert level_of(citation, state(shop, citation)) == "offline"
    simulated = cite_duel(duel, stand(["first"] * 40), "simulated")
    assert level_of(simulated, state(shop, simulated)) == "log"


def test_simulated_shoppers_prefer_what_the_log_says_they_click(shop: Workspace) -> None:
    rows = [
        {
            "session_id": f"S{n}",
            "query": "query 0",
            "product_id": f"P{p:02}",
            "position": 1 + (place + n) % 6,
        }
        for n in range(60)
        for place, p in enumerate((0, 1, 2, 17, 18, 19))
    ]
    log = pd.DataFrame(rows)
    clicks = log[log["product_id"].isin(["P17", "P18", "P19"])].assign(event="click")
    searches = pd.concat([log.assign(event="impression"), clicks], ignore_index=True)
    searches["time"] = pd.Timestamp("2026-01-01")
    shop.replace_tables({"searches": whole("searches", searches)}, {})
    store, duel = DuelStore(shop), begin(shop, 1)
    votes = simulate(duel, shop.tables(), 200, seed=1)
    assert votes == simulate(duel, shop.tables(), 200, seed=1)
    store.add_simulated(duel, votes)
    assert store.winners(duel, "people") == []
    assert stand(store.winners(duel, "simulated")).verdict == "second"
