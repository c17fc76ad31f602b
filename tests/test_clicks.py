"""Clicks of a known position curve: the curve is found again, and its pull is taken out."""

import numpy as np
import pandas as pd
import pytest

from engine.labelling.clicks import LEAST_CHANCE, click_relevance, examination

LOOKED = np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.18])
ATTRACTIVE = {"a": 0.8, "b": 0.5, "c": 0.3, "d": 0.2, "e": 0.1, "f": 0.05}


def click_log(sessions: int = 4000, seed: int = 1, **columns: object) -> pd.DataFrame:
    """Six products of one query in an order drawn anew for each session, from position 1 on."""
    rng = np.random.default_rng(seed)
    rows = []
    for session in range(sessions):
        query = f"query {session % 3}"
        for place, name in enumerate(rng.permutation(list(ATTRACTIVE))):
            row = (f"s{session}", query, str(name), place + 1)
            rows.append((*row, "impression"))
            if rng.random() < LOOKED[place] * ATTRACTIVE[name]:
                rows.append((*row, "click"))
    names = ["session_id", "query", "product_id", "position", "event"]
    return pd.DataFrame(rows, columns=names).assign(time=pd.NaT, **columns)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return click_log()


def test_the_position_curve_is_recovered(log: pd.DataFrame) -> None:
    found = examination(log)
    assert list(found.index) == [1, 2, 3, 4, 5, 6]
    assert found.to_numpy() == pytest.approx(LOOKED, abs=0.07)


def test_the_curve_is_not_taken_for_a_taste_of_the_products() -> None:
    # The shop shows its best products first nearly always: the naive curve is far too steep.
    rng = np.random.default_rng(2)
    rows = []
    for session in range(6000):
        names = list(ATTRACTIVE)
        if rng.random() < 0.3:
            rng.shuffle(names)
        for place, name in enumerate(names):
            rows.append((f"s{session}", "q", name, place + 1, "impression"))
            if rng.random() < LOOKED[place] * ATTRACTIVE[name]:
                rows.append((f"s{session}", "q", name, place + 1, "click"))
    columns = ["session_id", "query", "product_id", "position", "event"]
    log = pd.DataFrame(rows, columns=columns).assign(time=pd.NaT)
    clicks = log[log["event"] == "click"].groupby("position").size()
    naive = (clicks / clicks.iloc[0]).to_numpy()
    found = examination(log).to_numpy()
    assert np.abs(found - LOOKED).max() < 0.12
    assert np.abs(found - LOOKED).mean() < np.abs(naive - LOOKED).mean() / 2


def test_a_log_without_impressions_or_positions_has_no_curve(log: pd.DataFrame) -> None:
    assert examination(log[log["event"] == "click"]).empty
    assert examination(log.assign(position=np.nan)).empty
    assert examination(log.iloc[:0]).empty


def test_weights_follow_attraction_even_when_bad_products_stand_first() -> None:
    rng = np.random.default_rng(4)
    worst_first = sorted(ATTRACTIVE, key=ATTRACTIVE.__getitem__)
    rows = []
    for session in range(12000):
        # One in five sessions is shuffled, so that positions and products can be told apart.
        names = list(rng.permutation(worst_first)) if session % 5 == 0 else worst_first
        for place, name in enumerate(names):
            rows.append((f"s{session}", "q", str(name), place + 1, "impression"))
            if rng.random() < LOOKED[place] * ATTRACTIVE[name]:
                rows.append((f"s{session}", "q", str(name), place + 1, "click"))
    columns = ["session_id", "query", "product_id", "position", "event"]
    log = pd.DataFrame(rows, columns=columns).assign(time=pd.NaT)
    pairs = click_relevance(log).set_index("product_id")["weight"]
    clicks = log[log["event"] == "click"].groupby("product_id").size()
    truth = pd.Series(ATTRACTIVE) / sum(ATTRACTIVE.values())
    debiased, naive = pairs / pairs.sum(), clicks / clicks.sum()
    assert (debiased - truth).abs().max() < 0.05
    assert (debiased - truth).abs().sum() < (naive - truth).abs().sum() / 2


def test_stronger_events_weigh_more_and_set_the_grade() -> None:
    rows = [
        ("q", "clicked", "click"), ("q", "carted", "click"), ("q", "carted", "add_to_cart"),
        ("q", "bought", "purchase"), ("q", "shown", "impression"), ("Q ", "clicked", "click"),
        ("q", None, "click"),
    ]  # fmt: skip
    log = pd.DataFrame(rows, columns=["query", "product_id", "event"])
    log = log.assign(session_id="s", position=np.nan, time=pd.NaT)
    found = click_relevance(log).set_index("product_id")
    assert found["grade"].to_dict() == {"bought": 3, "carted": 2, "clicked": 1}
    assert found["weight"].to_dict() == {"bought": 4.0, "carted": 3.0, "clicked": 2.0}


def test_no_position_weighs_more_than_the_baseline_allows(log: pd.DataFrame) -> None:
    deep = log.iloc[:2].assign(position=[400, 400], event=["impression", "click"], product_id="z")
    found = click_relevance(pd.concat([log, deep]))
    assert found.loc[found["product_id"] == "z", "weight"].max() <= 1 / LEAST_CHANCE
    assert (found["weight"] > 0).all()


def test_a_query_is_dated_by_its_first_event() -> None:
    times = pd.to_datetime(["2025-02-01", "2025-01-01", "2025-03-01"])
    log = pd.DataFrame({"query": "q", "product_id": "p", "event": "click", "time": times})
    log = log.assign(session_id=["a", "b", "c"], position=1)
    assert click_relevance(log)["first_seen"].tolist() == [pd.Timestamp("2025-01-01")]


def test_nothing_clicked_gives_nothing() -> None:
    log = click_log(5)
    found = click_relevance(log[log["event"] == "impression"])
    assert found.empty
    assert {"query", "product_id", "weight", "grade", "first_seen"} == set(found.columns)
