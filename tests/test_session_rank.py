"""A ranking that follows the session's clicks."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retrieval.session_rank import Trait, Traits, rerank
from engine.tables.schema import TABLES
from engine.tables.tables import Tables

PRODUCTS = [
    ("A", "Rain jacket", "Clothing > Jackets", "Acme", "Red"),
    ("B", "Rain jacket light", "Clothing > Jackets", "Nimbus", "Blue"),
    ("C", "Rain mug", "Kitchen > Mugs", "Acme", "Red"),
    ("D", "Rain tent", "Camping > Tents", "Nimbus", "Green"),
    ("E", "Rain boots", "Shoes > Boots", "Strideo", "Blue"),
    ("X", "Storm fleece", "Clothing > Fleece", "Nimbus", "Black"),
    ("Y", "Thick socks", "Home > Socks", "Nimbus", None),
]


@pytest.fixture(scope="module")
def traits() -> Traits:
    columns = ["product_id", "title", "category", "brand", "color"]
    frame = pd.DataFrame(PRODUCTS, columns=columns)
    frame["attributes"] = [
        json.dumps({"color": color}) if color else None for color in frame["color"]
    ]
    return Traits(Tables({"products": frame.reindex(columns=TABLES["products"].columns)}))


def ids(placed: list) -> list[str]:
    return [one.product_id for one in placed]


def test_without_acts_or_strength_nothing_moves(traits) -> None:
    for placed in (rerank("ABCDE", [], traits), rerank("ABCDE", [("X", 1.0)], traits, 0)):
        assert ids(placed) == list("ABCDE")
        assert not any(one.steps or one.reasons for one in placed)


def test_products_like_the_clicked_ones_move_up_and_say_why(traits) -> None:
    placed = rerank("ACEDB", [("X", 1.0), ("Y", 1.0)], traits, 0.9)
    assert set(ids(placed)[:2]) == {"B", "D"}
    up = next(one for one in placed if one.product_id == "D")
    assert up.steps == 3 - ids(placed).index("D")
    assert (up.reasons[0].trait, up.reasons[0].products) == (Trait("brand", "brand", "Nimbus"), 2)
    assert not next(one for one in placed if one.product_id == "A").reasons


def test_what_all_results_share_moves_nothing(traits) -> None:
    # "rain" is in every title, and that is all that these share with what was clicked.
    assert ids(rerank("ACE", [("D", 1.0)], traits, 1.0)) == list("ACE")


def test_a_click_does_not_push_the_clicked_product_itself(traits) -> None:
    assert ids(rerank("ABCDE", [("E", 1.0)], traits, 0.3)).index("E") >= 3


def test_more_strength_never_lowers_the_best_fit(traits) -> None:
    places = [
        ids(rerank("ACEDB", [("X", 1.0)], traits, strength)).index("B")
        for strength in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    assert places == sorted(places, reverse=True) and places[-1] == 0


def test_a_stronger_act_counts_more(traits) -> None:
    cart = rerank("ABCDE", [("C", 4.0), ("X", 1.0)], traits, 1.0)
    look = rerank("ABCDE", [("C", 1.0), ("X", 4.0)], traits, 1.0)
    assert cart[0].product_id == "A" and look[0].product_id in ("B", "D")


NAMES = st.sampled_from([*"ABCDEXY", "unknown"])


@given(
    st.lists(NAMES, unique=True),
    st.lists(st.tuples(NAMES, st.sampled_from([1.0, 2.0, 4.0]))),
    st.floats(0, 1),
)
def test_the_same_products_come_back_and_steps_add_up(traits, ranked, acts, strength) -> None:
    placed = rerank(ranked, acts, traits, strength)
    assert sorted(ids(placed)) == sorted(ranked)
    assert sum(one.steps for one in placed) == 0
    for place, one in enumerate(placed):
        assert ranked.index(one.product_id) - place == one.steps
        assert bool(one.reasons) <= (one.steps > 0)
    assert placed == rerank(ranked, acts, traits, strength)
