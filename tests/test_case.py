"""The business case: computed by hand, honest about luck, and kept on disk."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from engine.case.assumptions import MOST, RANGES, Assumptions, Range, check_range
from engine.case.breakdown import (
    break_even_factor,
    cumulative_cash,
    likely_value,
    tornado,
    waterfall,
)
from engine.case.error_costs import (
    Answers,
    Prices,
    cost_curve,
    read_answers,
    saving,
    systems_with_confidence,
)
from engine.case.from_log import DAYS_PER_MONTH, assumptions_of
from engine.case.gain import SALES, Gain
from engine.case.information import information_by_input, perfect_information, sample_information
from engine.case.simulation import MOST_DRAWN, draw_pert, simulate
from engine.case.store import Case, CaseStore
from engine.errors import InputError
from engine.messages import LANGUAGES
from engine.storage.runs import load_heldout
from engine.tables.tables import Tables
from tests.runs_double import make_run, make_shop
from tests.shop_double import small_shop, whole
from tests.test_experiment import events

GAIN = Gain(0.03, 0.01, 0.05, "ndcg@10")


def certain(**figures: float) -> Assumptions:
    """Assumptions without any doubt; what is not named is 0 or 1."""
    base = dict.fromkeys(RANGES, 0.0) | {"adoption": 1.0} | figures
    ranges = {name: Range(value, value, value, "own") for name, value in base.items()}
    return Assumptions(months=12).with_ranges(**ranges)


CERTAIN = certain(
    visits=10_000, conversion=0.02, order_value=50, margin=0.4, link=0.004, adoption=0.5,
    labels=300, setup=700, computing=10, serving=20, people=30,
)  # fmt: skip


def test_a_case_without_doubt_agrees_with_a_computation_by_hand() -> None:
    gain = dataclasses.replace(GAIN, low=0.03, high=0.03)
    uplift = 3 * 0.004
    sales = 10_000 * 0.02 * 50 * 0.5 * uplift
    value = 12 * (sales * 0.4 - 60) - 1_000
    outcome = simulate(CERTAIN, gain, draws=10)
    assert outcome.value == pytest.approx(np.full(10, value), abs=1e-6)
    assert likely_value(CERTAIN, gain) == pytest.approx(value, abs=1e-6)
    steps = {step.name: step.amount for step in waterfall(outcome)}
    assert steps == pytest.approx(
        {
            "revenue": 12 * sales, "goods": -12 * sales * 0.6, "computing": -120,
            "serving": -240, "people": -360, "labels": -300, "setup": -700,
        },
        abs=1e-6,
    )  # fmt: skip
    assert sum(steps.values()) == pytest.approx(value, abs=1e-6)
    assert break_even_factor(outcome) == pytest.approx((720 + 1_000) / (12 * sales * 0.4))
    # Without a link in between, where sales themselves were measured.
    measured = Gain(0.05, 0.05, 0.05, SALES)
    assert likely_value(CERTAIN, measured) == pytest.approx(
        12 * (10_000 * 0.02 * 50 * 0.5 * 0.05 * 0.4 - 60) - 1_000, abs=1e-6
    )


def test_cash_and_payback_agree_with_a_computation_by_hand() -> None:
    # 0.03 · 100 · 0.004 · 0.5 of 10,000 · 0.3 · 50 at 40 %: 360 a month, less 60; 1,000 at first.
    rich = CERTAIN.with_ranges(conversion=Range(0.3, 0.3, 0.3))
    gain = dataclasses.replace(GAIN, low=0.03, high=0.03)
    cash = cumulative_cash(simulate(rich, gain, draws=10))
    assert cash.mean == pytest.approx([-1_000 + 300 * month for month in range(13)], abs=1e-6)
    assert (cash.payback, cash.paid_back) == (4, 1.0)
    lost = cumulative_cash(simulate(rich, None, draws=10))
    assert (lost.payback, lost.paid_back) == (None, 0.0)
    assert lost.mean[-1] == pytest.approx(-1_720)


def test_the_tornado_moves_one_input_at_a_time() -> None:
    assumptions = CERTAIN.with_ranges(link=Range(0, 0.004, 0.01), people=Range(20, 30, 60))
    swings = {swing.name: swing for swing in tornado(assumptions, GAIN)}
    assert list(swings) == ["link", "people", "gain"]
    sales = 12 * 10_000 * 0.02 * 50 * 0.5 * 0.4
    assert swings["gain"].low == pytest.approx(sales * 0.004 - 1_720, abs=1e-6)
    assert swings["gain"].high == pytest.approx(sales * 0.02 - 1_720, abs=1e-6)
    assert swings["link"].low == pytest.approx(-1_720, abs=1e-6)
    assert swings["people"].high - swings["people"].low == pytest.approx(-480, abs=1e-6)
    assert "link" not in {s.name for s in tornado(assumptions, Gain(0.1, 0.05, 0.2, SALES))}


def test_draws_are_pert_and_the_same_again() -> None:
    places = (np.arange(20_000) + 0.5) / 20_000
    drawn = draw_pert(Range(10, 20, 60), places)
    mean, width = (10 + 4 * 20 + 60) / 6, 50
    assert drawn.mean() == pytest.approx(mean, rel=1e-3)
    # The variance of a PERT distribution: (mean - low) (high - mean) / 7.
    assert drawn.var() == pytest.approx((mean - 10) * (60 - mean) / 7, rel=1e-2)
    assert drawn.min() >= 10 and drawn.max() <= 10 + width
    assert draw_pert(Range(5, 5, 5), places[:3]).tolist() == [5, 5, 5]
    first, second = simulate(Assumptions(), GAIN), simulate(Assumptions(), GAIN)
    assert np.array_equal(first.value, second.value)
    assert not np.array_equal(first.value, simulate(Assumptions(), GAIN, seed=1).value)
    gains = first.inputs["gain"]
    assert (gains.mean(), gains.std()) == pytest.approx((0.03, GAIN.sd), rel=0.01)
    with pytest.raises(ValueError, match="draws"):
        simulate(Assumptions(), GAIN, draws=MOST_DRAWN + 1)


FIGURES = st.floats(0, 1, allow_nan=False)
RANGE = st.tuples(FIGURES, FIGURES, FIGURES).map(sorted)


@given(
    st.fixed_dictionaries(dict.fromkeys(RANGES, RANGE)),
    st.floats(-0.5, 0.0),
    st.floats(0.0, 0.3),
    st.floats(0.0, 0.3),
    st.sampled_from(["ndcg@10", SALES]),
    st.integers(0, 3),
)
def test_an_interval_that_includes_zero_never_shows_only_profit(
    ranges, low, below, above, metric, seed
) -> None:
    assumptions = Assumptions().with_ranges(
        **{
            name: Range(*(value * min(MOST[name], 1e6) for value in three))
            for name, three in ranges.items()
        }
    )
    gain = Gain(low + below, low, low + below + above, metric)
    assert gain.includes_zero
    outcome = simulate(assumptions, gain, draws=400, seed=seed)
    assert outcome.low <= 0
    assert outcome.chance_of_loss >= 0.02 or (outcome.value <= 0).mean() >= 0.02


def test_a_gain_that_barely_includes_zero_loses_money_in_one_of_forty_draws() -> None:
    free = Assumptions().with_ranges(**dict.fromkeys(
        ("labels", "setup", "computing", "serving", "people"), Range(0, 0, 0, "own")
    ))  # fmt: skip
    outcome = simulate(free, Gain(0.03, 0.0, 0.04, "ndcg@10"))
    assert outcome.low <= 0 and outcome.chance_of_loss == pytest.approx(0.025, abs=0.001)
    clear = simulate(free, Gain(0.03, 0.02, 0.04, "ndcg@10"))
    assert clear.low > 0 and clear.chance_of_loss == 0


def test_without_a_gain_nothing_but_costs_is_left() -> None:
    outcome = simulate(Assumptions(), None)
    assert (outcome.value < 0).all() and outcome.chance_of_loss == 1.0
    assert outcome.revenue.max() == outcome.benefit.max() == 0
    assert break_even_factor(outcome) is None
    assert information_by_input(outcome)["gain"] == 0


def test_perfect_information_is_what_it_saves_on_the_same_draws() -> None:
    value = np.array([-3.0, -1.0, 2.0, 6.0])
    assert perfect_information(value) == pytest.approx((2 + 6) / 4 - 1)
    assert perfect_information(value - 5) == pytest.approx(1 / 4)
    # Of independent inputs in a product, the expectation given one of them is a line.
    assumptions = certain(order_value=1, margin=1, conversion=1, setup=10_000).with_ranges(
        visits=Range(5_000, 10_000, 15_000)
    )
    outcome = simulate(dataclasses.replace(assumptions, months=1), Gain(1.0, 0.0, 2.0, SALES))
    worth = information_by_input(outcome)
    sd = 10_000 * Gain(1.0, 0.0, 2.0, SALES).sd
    assert worth["gain"] == pytest.approx(sd * norm.pdf(0), rel=0.01)
    assert next(iter(worth)) == "gain" and worth["gain"] > worth["visits"] > worth["margin"] == 0
    assert perfect_information(outcome.value) >= worth["gain"]


@pytest.mark.parametrize("mean", [-0.01, 0.0, 0.02])
@pytest.mark.parametrize("error", [0.005, 0.02, 0.1])
def test_sample_information_agrees_with_the_closed_form_of_a_normal_prior(mean, error) -> None:
    # Raiffa and Schlaifer 1961: the posterior mean has the deviation sd² / √(sd² + error²).
    gain = Gain(mean, mean - 0.04, mean + 0.04, SALES)
    assumptions = dataclasses.replace(
        certain(visits=1_000_000, conversion=1, order_value=1, margin=1), months=1
    )
    outcome = simulate(assumptions, gain)
    spread = gain.sd**2 / np.sqrt(gain.sd**2 + error**2)
    exact = quad(lambda z: max(mean + spread * z, 0) * norm.pdf(z), -9, 9, points=[-mean / spread])
    exact = 1_000_000 * (exact[0] - max(mean, 0))
    assert sample_information(outcome, error) == pytest.approx(exact, rel=0.02, abs=30)
    assert sample_information(outcome, error) <= information_by_input(outcome)["gain"] * 1.02


def test_a_better_experiment_is_worth_more() -> None:
    outcome = simulate(CERTAIN.with_ranges(link=Range(0, 0.01, 0.1)), GAIN)
    worth = [sample_information(outcome, error) for error in (0.0, 0.005, 0.02, 0.1, 1.0)]
    assert worth == sorted(worth, reverse=True) and worth[0] > 0
    assert worth[-1] == pytest.approx(0, abs=0.1 * worth[0])


def test_figures_that_cannot_be_are_refused() -> None:
    for low, likely, high in ((2, 1, 3), (1, 2, 1), (-1, 0, 1), (float("nan"), 1, 2)):
        with pytest.raises(InputError) as error:
            check_range("visits", Range(low, likely, high))
        assert error.value.code == "case.bad_order"
    with pytest.raises(InputError) as error:
        check_range("margin", Range(0, 0.5, 1.5))
    assert all("margin" in error.value.message(language) for language in LANGUAGES)


def test_traffic_conversion_and_order_value_come_from_the_log() -> None:
    rows = []
    for day in range(28):
        for visit in range(20 if day < 14 else 40):
            time, name = f"2026-01-{day + 1:02} 10:00", f"s{day}-{visit}"
            rows.append((time, f"u{visit}", name, "mug", "click"))
            rows += [(time, f"u{visit}", name, "mug", "purchase")] * (visit % 4 == 0)
    tables = events(*rows)
    orders = pd.DataFrame({"order_id": [f"o{n}" for n in range(40)], "price": 25.0, "quantity": 2})
    orders["user_id"] = [f"u{n % 20}" for n in range(40)]
    orders["time"] = pd.Timestamp("2026-01-05")
    found = assumptions_of(Tables({**tables.frames, "orders": whole("orders", orders)}))
    visits = [found.visits.low, found.visits.likely, found.visits.high]
    assert visits == pytest.approx([20 * DAYS_PER_MONTH, 30 * DAYS_PER_MONTH, 40 * DAYS_PER_MONTH])
    assert found.conversion.likely == pytest.approx(0.25)
    assert found.conversion.low < 0.25 < found.conversion.high
    assert found.order_value == Range(50, 50, 50, "log")
    assert {found.visits.source, found.conversion.source} == {"log"}
    assert found.margin == Assumptions().margin and found.margin.source == "default"
    assert assumptions_of(Tables()) == Assumptions()


def test_the_threshold_follows_from_two_prices() -> None:
    assert Prices(3, 1).threshold == 0.75
    assert Prices(0, 0).threshold == 1.0 and Prices(0, 5).threshold == 0.0
    answers = Answers(np.array([0.2, 0.5, 0.8, 0.9]), np.array([False, True, False, True]))
    curve = cost_curve(answers, Prices(3, 1))
    assert curve.at(0.0) == pytest.approx((3 + 3) / 4)
    assert curve.at(0.75) == pytest.approx((1 + 3) / 4)
    assert curve.at(0.85) == pytest.approx(1 / 4)
    assert curve.at(1.01) == pytest.approx(2 / 4)
    assert 0.8 < curve.best <= 0.9
    value, low, high = saving(answers, Prices(3, 1), 0.0)
    assert value == pytest.approx(1.5 - 1.0) and low <= value <= high


def test_the_prices_threshold_costs_least_where_confidence_can_be_believed() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(40_000)
    answers = Answers(confidence, rng.random(40_000) < confidence)
    for prices in (Prices(1, 1), Prices(9, 1), Prices(1, 4)):
        curve = cost_curve(answers, prices)
        assert curve.best == pytest.approx(prices.threshold, abs=0.05)
        assert saving(answers, prices, 0.0 if prices.threshold > 0.4 else 1.01)[1] > 0


def test_heldout_answers_bring_their_confidence(home) -> None:
    shop = make_shop("en")
    run = make_run(shop, "intent", "intent-1", rows=60, skill=0.9)
    heldout = load_heldout(shop, run.run_id)
    assert run.recommended in systems_with_confidence(heldout)
    answers = read_answers(heldout, run.recommended, "intent")
    assert answers is not None and len(answers) == 60
    assert answers.confidence == pytest.approx(np.full(60, 0.8 + 0.2 / 3))
    assert answers.right.mean() == pytest.approx(run.after["intent.accuracy"])
    make_run(shop, "search", "search-1")
    rankings = load_heldout(shop, "search-1")
    assert read_answers(rankings, "tuned") is None and systems_with_confidence(rankings) == []


def test_click_probabilities_are_answers_too() -> None:
    chances = [{"a": 0.9, "b": 0.1, "c": 0.5}, {"a": 0.4}]
    truth = [{"a": 2, "b": 0}, {"a": 0, "z": 1}]
    heldout = pd.DataFrame({"truth": map(json.dumps, truth), "tuned.chances": [json.dumps(one) for
        one in chances], "tuned.score": 1.0})  # fmt: skip
    answers = read_answers(heldout, "tuned")
    assert answers is not None
    pairs = sorted(zip(answers.confidence.tolist(), answers.right.tolist(), strict=True))
    assert pairs == [(0.1, False), (0.4, False), (0.9, True)]


def test_a_case_is_kept_on_disk(home) -> None:
    store = CaseStore(small_shop())
    assert store.read() is None
    cited = dataclasses.replace(GAIN, citation={"kind": "run", "source_id": "search-1"})
    for case in (Case(CERTAIN, cited, 2.0), Case(Assumptions(months=24))):
        store.save(case)
        assert store.read() == case


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", "7", '{"assumptions": {"visits": {"low": 3}}, "gain": null}',
        '{"assumptions": {"margin": {"low": -1, "likely": 0, "high": 0}}, "gain": 0, "saved": 0}',
    ],
)  # fmt: skip
def test_a_broken_case_is_none(home, text: str) -> None:
    shop = small_shop()
    (shop.folder / "case").mkdir()
    (shop.folder / "case" / "case.json").write_text(text)
    assert CaseStore(shop).read() is None
