"""The plan of an experiment: its formulas, its promises under simulation, and what it reads."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, normal_power_het
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from engine.errors import InputError
from engine.experiment import aa_game, sequential
from engine.experiment.aa_game import Game, measure_luck, play
from engine.experiment.bootstrap import MOST_DRAWN, cluster_bootstrap
from engine.experiment.counts import LONGEST, read_counts
from engine.experiment.cuped import fit_cuped
from engine.experiment.duration import MOST_DAYS, days_needed, trial_of, trials, with_cuped
from engine.experiment.metrics import METRICS, ShopperValues, available_metrics, measure
from engine.experiment.plan import Guardrail, Plan
from engine.experiment.power import (
    Baseline,
    Design,
    reached_power,
    sample_size,
    smallest_effect,
    smallest_harm,
    standard_error,
)
from engine.experiment.result import Group, read_result
from engine.experiment.shopper_days import ShopperDays, ShopperSums, read_shopper_days
from engine.experiment.store import KeptResult, PlanStore
from engine.messages import LANGUAGES
from engine.tables.tables import Tables
from tests.shop_double import small_shop, whole

DESIGN = Design()
Z = norm.ppf(0.975) + norm.ppf(0.8)
SHARE = Baseline("proportion", 0.05, 0.05 * 0.95)
MEAN = Baseline("mean", 12.0, 900.0)


def events(*rows: tuple[str, str | None, str | None, str, str]) -> Tables:
    """A log of (time, shopper, visit, query, event)."""
    columns = ["time", "user_id", "session_id", "query", "event"]
    frame = pd.DataFrame(rows, columns=columns).assign(time=lambda f: pd.to_datetime(f["time"]))
    return Tables({"searches": whole("searches", frame)})


def shop_rows(days: int = 40, shoppers: int = 120) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Searches and orders of shoppers who come again, some more often and with more success."""
    rng = np.random.default_rng(0)
    rows = []
    for shopper in range(shoppers):
        keenness = rng.beta(2, 8)
        for day in np.flatnonzero(rng.random(days) < rng.uniform(0.05, 0.3)):
            time = pd.Timestamp("2026-01-01") + pd.Timedelta(days=int(day))
            bought = rng.random() < keenness
            event = "click" if bought or rng.random() < 0.6 else "impression"
            rows.append((time, f"u{shopper}", f"s{len(rows)}", "mug", event))
            if bought:
                rows.append((time, f"u{shopper}", f"s{len(rows) - 1}", "mug", "purchase"))
    searches = events(*rows).searches
    bought = searches[searches["event"] == "purchase"]
    orders = bought.assign(order_id=bought["session_id"], quantity=1.0, product_id="P00")
    orders["price"] = rng.lognormal(3, 1, len(orders))
    return searches, whole("orders", orders)


@pytest.fixture(scope="module")
def log() -> ShopperDays:
    searches, orders = shop_rows()
    return read_shopper_days(Tables({"searches": searches, "orders": orders}))


def returning(rng: np.random.Generator, tests: int, shoppers: int) -> tuple[np.ndarray, ...]:
    """Buying visits and visits of shoppers who differ in how often they come and buy."""
    visits = 1 + rng.poisson(4.0, (tests, shoppers))
    return rng.binomial(visits, rng.beta(1, 4, (tests, shoppers))).astype(float), visits.astype(
        float
    )


def test_visits_and_searches_belong_to_the_day_on_which_they_began() -> None:
    rows = [
        ("2026-01-01 23:50", "a", "1", "mug", "impression"),
        ("2026-01-02 00:10", "a", "1", "mug", "purchase"),
        ("2026-01-02 12:00", "a", "2", "pot", "impression"),
        *((f"2026-01-03 0{n % 10}:00", f"x{n}", f"v{n}", "pot", "click") for n in range(30)),
    ]
    log = read_shopper_days(events(*rows))
    assert (log.shoppers, log.days, log.unit) == (31, 3, "shopper")
    first = log.between(0, 1)
    assert len(first) == 1
    sums = {name: column.tolist() for name, column in first.sums.items()}
    assert sums == {
        "visits": [1], "visits_bought": [1], "searches": [1], "searches_clicked": [1],
        "orders": [0], "revenue": [0],
    }  # fmt: skip
    both = log.between(0, 2)
    assert both.sums["visits"].tolist() == [2] and both.sums["visits_bought"].tolist() == [1]
    assert len(log.between(0, 3)) == 31


def test_who_has_no_id_counts_by_visit_or_by_search() -> None:
    days = [f"2026-01-0{1 + n % 4}" for n in range(40)]
    by_visit = [(day, None, f"s{n // 2}", "mug", "click") for n, day in enumerate(days)]
    assert read_shopper_days(events(*by_visit)).unit == "visit"
    assert read_shopper_days(events(*by_visit)).shoppers == 20
    by_search = [(day, None, None, f"mug {n}", "click") for n, day in enumerate(days)]
    assert read_shopper_days(events(*by_search)).unit == "search"
    # Without visits, what a shopper does in one day is one.
    by_day = [(day, f"u{n % 20}", None, "mug", "click") for n, day in enumerate(days)]
    log = read_shopper_days(events(*by_day))
    assert log.shoppers == 20 and log.between(0, 4).sums["visits"].sum() == 20


def test_a_log_without_times_or_too_small_says_so() -> None:
    with pytest.raises(InputError) as none:
        read_shopper_days(events(*[(None, "u", "s", "mug", "click")] * 30))
    assert none.value.code == "experiment.no_log"
    with pytest.raises(InputError) as small:
        read_shopper_days(events(("2026-01-01", "u", "s", "mug", "click")))
    assert small.value.code == "experiment.small_log"
    shown = [(f"2026-01-0{1 + n % 3}", f"u{n}", f"s{n}", "mug", "impression") for n in range(40)]
    with pytest.raises(InputError) as still:
        read_shopper_days(events(*shown))
    assert still.value.code == "experiment.no_acts"
    for language in LANGUAGES:
        assert "20" in small.value.message(language)


def test_a_long_tail_is_cut_and_said() -> None:
    revenue = np.append(np.full(99, 10.0), 10_000.0)
    period = ShopperSums(np.arange(100), {"revenue": revenue, "orders": np.ones(100)}, 7)
    values = measure(period, "revenue_per_shopper", cap=50.0)
    assert values.cap == 50.0 and values.value == pytest.approx((990 + 50) / 100)
    assert values.cut_share == pytest.approx(1 - 1040 / 10_990)
    assert measure(period, "revenue_per_shopper").cap == pytest.approx(np.quantile(revenue, 0.99))


def test_the_influence_is_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    bought, visits = (column[0] for column in returning(rng, 1, 400))
    values = ShopperValues("ratio", bought, visits)
    ratio, mean = bought.mean() / visits.mean(), visits.mean()
    covariance = np.cov(bought, visits)
    by_hand = (
        covariance[0, 0] - 2 * ratio * covariance[0, 1] + ratio**2 * covariance[1, 1]
    ) / mean**2
    assert values.variance == pytest.approx(by_hand, rel=1e-9)


def test_sizes_agree_with_a_computation_by_hand() -> None:
    # 5 % against 6 %: the textbook formula with both variances.
    p, q = 0.05, 0.06
    pooled = (p + q) / 2
    spread = norm.ppf(0.975) * np.sqrt(2 * pooled * (1 - pooled))
    spread += norm.ppf(0.8) * np.sqrt(p * (1 - p) + q * (1 - q))
    assert sample_size(SHARE, 0.2, DESIGN) == pytest.approx(2 * (spread / (q - p)) ** 2, abs=1e-6)
    # A mean of 12 with a standard deviation of 30, 10 % more.
    assert sample_size(MEAN, 0.1, DESIGN) == pytest.approx(2 * 2 * 900 * (Z / 1.2) ** 2, abs=1e-6)
    # A quarter treated: the variance of the difference is σ² (1/n₁ + 1/n₀).
    uneven = dataclasses.replace(DESIGN, treated=0.25)
    total = sample_size(MEAN, 0.1, uneven)
    assert 900 * (4 / total + 4 / (3 * total)) == pytest.approx((1.2 / Z) ** 2, rel=1e-9)
    assert standard_error(MEAN, 1000, uneven) ** 2 == pytest.approx(900 * (1 / 250 + 1 / 750))
    ratio = dataclasses.replace(MEAN, kind="ratio")
    assert sample_size(ratio, 0.1, DESIGN) == sample_size(MEAN, 0.1, DESIGN)


@pytest.mark.parametrize("treated", [0.5, 0.2])
@pytest.mark.parametrize("effect", [0.03, 0.2, -0.1])
def test_sizes_agree_with_statsmodels(effect: float, treated: float) -> None:
    design = dataclasses.replace(DESIGN, treated=treated, power=0.9)
    shoppers = sample_size(MEAN, effect, design)
    solved = NormalIndPower().solve_power(
        effect_size=abs(effect) * 12 / 30,
        power=0.9,
        alpha=0.05,
        ratio=(1 - treated) / treated,
        alternative="two-sided",
    )
    assert shoppers * treated == pytest.approx(solved, rel=1e-6)
    assert reached_power(MEAN, effect, shoppers, design) == pytest.approx(0.9, abs=1e-6)
    size = sample_size(SHARE, effect, design)
    assert reached_power(SHARE, effect, size, design) == pytest.approx(0.9, abs=1e-6)
    assert float(np.asarray(normal_power_het(0.0, size, 0.05, 1.0, 1.0))) == pytest.approx(0.05)


@pytest.mark.parametrize("baseline", [SHARE, MEAN])
@pytest.mark.parametrize("shoppers", [500.0, 20_000.0])
def test_the_smallest_effect_is_the_size_turned_around(baseline, shoppers) -> None:
    effect = smallest_effect(baseline, shoppers, DESIGN)
    assert sample_size(baseline, effect, DESIGN) == pytest.approx(shoppers, rel=1e-6)
    assert smallest_harm(baseline, shoppers, DESIGN) == pytest.approx(
        (norm.ppf(0.95) + norm.ppf(0.8))
        * standard_error(baseline, shoppers, DESIGN)
        / baseline.value
    )


def test_what_cannot_be_shown_is_infinite() -> None:
    assert sample_size(MEAN, 0.0, DESIGN) == sample_size(SHARE, 30.0, DESIGN) == float("inf")
    assert smallest_effect(SHARE, 0, DESIGN) == smallest_effect(SHARE, 3, DESIGN) == float("inf")
    assert smallest_effect(dataclasses.replace(MEAN, value=0.0), 99, DESIGN) == float("inf")


def share_of_winners(difference: np.ndarray, error: np.ndarray) -> float:
    return float((np.abs(difference) > norm.ppf(0.975) * error).mean())


def test_the_planned_size_reaches_the_power_for_shares() -> None:
    rng = np.random.default_rng(5)
    half = round(sample_size(SHARE, 0.2, DESIGN) / 2)
    control, treated = (rng.binomial(half, rate, 5_000) / half for rate in (0.05, 0.06))
    pooled = (control + treated) / 2
    error = np.sqrt(2 * pooled * (1 - pooled) / half)
    assert share_of_winners(treated - control, error) == pytest.approx(0.8, abs=0.02)


def test_the_planned_size_reaches_the_power_for_means_and_ratios_of_returning_shoppers() -> None:
    rng = np.random.default_rng(6)
    bought, visits = (column[0] for column in returning(rng, 1, 200_000))
    baseline = Baseline.of(ShopperValues("ratio", bought, visits))
    half = round(sample_size(baseline, 0.25, DESIGN) / 2)
    assert 100 < half < 1000
    winners = []
    for _ in range(10):
        ratios, variances = [], []
        for lift in (0.0, 0.25):
            more, came = returning(rng, 500, half)
            more += lift * 0.2 * came  # every visit brings a little more
            ratio = more.sum(axis=1) / came.sum(axis=1)
            moved = (more - ratio[:, None] * came) / came.mean(axis=1, keepdims=True)
            ratios.append(ratio)
            variances.append(moved.var(axis=1, ddof=1) / half)
        difference, error = ratios[1] - ratios[0], np.sqrt(sum(variances))
        winners.append(share_of_winners(difference, error))
    assert np.mean(winners) == pytest.approx(0.8, abs=0.02)
    # Revenue: skewed, and the means are still close to normal.
    money = Baseline("mean", float(np.exp(0.5)), float((np.e - 1) * np.e))
    half = round(sample_size(money, 0.15, DESIGN) / 2)
    control, treated = (
        np.exp(rng.standard_normal((5_000, half), dtype=np.float32)) for _ in range(2)
    )
    difference = treated.mean(axis=1) + 0.15 * money.value - control.mean(axis=1)
    error = np.sqrt((treated.var(axis=1) + control.var(axis=1)) / half)
    assert share_of_winners(difference, error) == pytest.approx(0.8, abs=0.02)


def test_the_cluster_bootstrap_covers_where_shoppers_return() -> None:
    rng = np.random.default_rng(7)
    logs, shoppers, truth = 800, 150, 0.2
    every_bought, every_visits = returning(rng, logs, shoppers)
    # A shopper's success is drawn apart from how often the shopper comes.
    estimates = [
        cluster_bootstrap(bought, visits, samples=400, seed=number)
        for number, (bought, visits) in enumerate(zip(every_bought, every_visits, strict=True))
    ]
    covered = np.mean([one.low <= truth <= one.high for one in estimates])
    assert 0.93 <= covered <= 0.97
    # As if every visit were a shopper of its own: visibly too narrow.
    ends = proportion_confint(every_bought.sum(axis=1), every_visits.sum(axis=1))
    assert np.mean((ends[0] <= truth) & (truth <= ends[1])) < 0.9


@pytest.mark.parametrize("metric", METRICS)
def test_the_delta_method_agrees_with_the_bootstrap(log, metric) -> None:
    values = measure(log.between(0, log.days), metric)
    estimate = cluster_bootstrap(values.numerator, values.denominator, samples=4_000)
    error = np.sqrt(values.variance / len(values.numerator))
    assert (estimate.high - estimate.low) / 2 == pytest.approx(1.96 * error, rel=0.08)


def test_a_large_log_is_drawn_in_part_and_says_as_much() -> None:
    rng = np.random.default_rng(8)
    shoppers = 4 * MOST_DRAWN
    spent = rng.exponential(10, shoppers)
    estimate = cluster_bootstrap(spent, np.ones(shoppers), samples=400)
    error = spent.std() / np.sqrt(shoppers)
    assert estimate.shoppers == shoppers
    assert (estimate.high - estimate.low) / 2 == pytest.approx(1.96 * error, rel=0.15)


def test_cuped_takes_off_what_the_time_before_explains(log) -> None:
    rng = np.random.default_rng(9)
    before, noise = rng.normal(10, 2, 5_000), rng.normal(0, 1, 5_000)
    sums = [ShopperSums(np.arange(5_000), {"orders": orders}, 7) for orders in
            (before, 0.5 * before + noise)]  # fmt: skip
    cuped = fit_cuped(*sums, "orders_per_shopper")
    assert cuped is not None and cuped.returning == 1.0
    assert cuped.theta == pytest.approx(0.5, abs=0.03)
    correlation = np.corrcoef(before, sums[1].sums["orders"])[0, 1]
    assert cuped.kept == pytest.approx(1 - correlation**2, rel=1e-6)
    strangers = dataclasses.replace(sums[0], shopper=np.arange(5_000) + 5_000)
    assert fit_cuped(strangers, sums[1], "orders_per_shopper") is None
    trial = trial_of(log, "visit_conversion", 20, DESIGN)
    assert trial.cuped is not None and trial.cuped.kept < 1
    assert with_cuped(trial, DESIGN).effect < trial.effect
    longer = trial_of(log, "visit_conversion", 30, DESIGN)
    assert longer.cuped is None and with_cuped(longer, DESIGN) == longer


def test_longer_tests_show_smaller_effects_and_returning_shoppers_count_once(log) -> None:
    all_trials = trials(log, "visit_conversion", DESIGN)
    effects = np.array([trial.effect for trial in all_trials])
    assert (effects[1:] < 1.05 * effects[:-1]).all() and (effects[7:] < effects[:-7]).all()
    assert all_trials[-1].days == MOST_DAYS and len(all_trials) <= 30
    assert [trial.beyond for trial in all_trials] == [trial.days > 40 for trial in all_trials]
    whole_log = trial_of(log, "visit_conversion", 40, DESIGN)
    assert whole_log.shoppers == log.shoppers
    assert trial_of(log, "visit_conversion", 80, DESIGN).shoppers == 2 * log.shoppers
    assert trial_of(log, "visit_conversion", 40, DESIGN, 0.5).shoppers == log.shoppers / 2
    days = days_needed(log, "visit_conversion", 0.8, DESIGN)
    assert days is not None
    assert trial_of(log, "visit_conversion", days, DESIGN).effect <= 0.8
    assert trial_of(log, "visit_conversion", days - 1, DESIGN).effect > 0.8
    assert days_needed(log, "visit_conversion", 0.0001, DESIGN) is None


def test_days_without_anything_show_nothing(log) -> None:
    early = dataclasses.replace(log, days=log.days + 30)
    for name in METRICS:
        trial = trial_of(early, name, 10, DESIGN)
        assert (trial.shoppers, trial.effect) == (0, float("inf"))
        assert smallest_harm(trial.baseline, trial.shoppers, DESIGN) == float("inf")


def test_every_metric_of_the_log_can_be_planned_for(log) -> None:
    assert available_metrics(log) == list(METRICS)
    for name in METRICS:
        assert 0 < trial_of(log, name, 30, DESIGN).effect < float("inf"), name
    searches_only = dataclasses.replace(
        log, amounts=log.amounts | dict.fromkeys(("orders", "revenue"), np.zeros(len(log.day)))
    )
    assert available_metrics(searches_only) == ["visit_conversion", "search_clicks"]


def test_the_always_valid_interval_is_the_mixture_test_turned_around() -> None:
    variance, alpha = 0.7, 0.05
    mixture = sequential.mixture_variance(variance, alpha)
    half = float(sequential.always_valid_half_width(variance, mixture, alpha))
    likelihood = np.sqrt(variance / (variance + mixture)) * np.exp(
        mixture * half**2 / (2 * variance * (variance + mixture))
    )
    assert likelihood == pytest.approx(1 / alpha, rel=1e-9)
    for other in (0.8, 1.2):
        wider = sequential.always_valid_half_width(variance, other * mixture, alpha)
        assert wider > half
    assert sequential.fixed_half_width(variance, alpha) == pytest.approx(
        1.959963984540054 * np.sqrt(variance)
    )


def test_looking_all_the_time_makes_winners_of_luck_but_not_by_always_valid_intervals() -> None:
    luck = measure_luck(play(Game(0.05, 200, 400), games=2_000, seed=1))
    assert luck.always_valid[-1] <= 0.05
    assert luck.any_look[-1] > 0.25
    assert luck.one_look[-1] == pytest.approx(0.05, abs=0.015)
    assert (np.diff(luck.any_look) >= 0).all() and (np.diff(luck.always_valid) >= 0).all()


def test_games_are_bounded_and_the_same_again() -> None:
    game = Game(0.03, 50, 20)
    assert np.array_equal(play(game, 5, seed=3).difference, play(game, 5, seed=3).difference)
    assert not np.array_equal(play(game, 5, seed=3).difference, play(game, 5, seed=4).difference)
    with pytest.raises(ValueError, match="too many"):
        play(game, aa_game.MOST_GAMES + 1)
    assert not play(Game(0.0001, 5, 10), 50).fixed_winner.any()


@pytest.mark.parametrize(
    "text",
    [
        "group,shoppers,buyers\nA,10000,500\nB,10100,600",
        "control 10,000 500\ntreated 10,100 600",
        "对照组，10000，500\n实验组，10100，600",
        "10000\t500\n10100\t600\n",
        "group 1; 10000; 500\n\ngroup 2; 10100; 600",
    ],
)
def test_counts_are_read_as_people_paste_them(text: str) -> None:
    control, treated = read_counts(text)
    assert (control, treated) == (Group(10_000, 0.05), Group(10_100, 600 / 10_100))


def test_means_are_read_and_what_cannot_be_is_refused() -> None:
    assert read_counts("A 100 12.5 3\nB 100 -1 2e1")[1] == Group(100, -1.0, 20.0)
    wrong = {
        "experiment.result.two_groups": "A 1 2",
        "experiment.result.bad_number": "A 10 2.5\nB 10 3",
        "experiment.result.too_long": "1" * (LONGEST + 1),
        "experiment.result.too_few": "A 1 1\nB 100 2",
        "experiment.result.too_many_buyers": "A 10 11\nB 10 2",
        "experiment.result.mixed": "A 10 5 2\nB 10 2",
    }
    for code, text in wrong.items():
        with pytest.raises(InputError) as error:
            read_result(*read_counts(text), DESIGN)
        assert error.value.code == code
        assert all(error.value.message(language) for language in LANGUAGES)
    with pytest.raises(InputError):
        read_result(Group(10, 1.0, 0.0), Group(10, 2.0, 0.0), DESIGN)


def test_a_result_agrees_with_statsmodels() -> None:
    result = read_result(Group(10_000, 0.05), Group(10_100, 600 / 10_100), DESIGN)
    low, high = confint_proportions_2indep(600, 10_100, 500, 10_000, method="score")
    assert result.verdict == "better"
    assert (result.low, result.high) == pytest.approx((low, high), abs=1e-9)
    assert result.relative == pytest.approx(600 / 10_100 / 0.05 - 1)
    assert result.relative_low < result.relative < result.relative_high
    # Welch by hand.
    means = read_result(Group(400, 10.0, 4.0), Group(380, 9.0, 5.0), DESIGN)
    error = np.sqrt(16 / 400 + 25 / 380)
    assert means.verdict == "worse" and means.difference == -1.0
    assert (means.high - means.low) / 2 == pytest.approx(1.96 * error, rel=0.005)
    assert (means.p < 0.05) == (means.high < 0)


def test_groups_of_the_wrong_size_have_no_winner() -> None:
    result = read_result(Group(9_000, 0.05), Group(10_000, 0.09), DESIGN)
    assert result.verdict == "mismatch" and result.mismatch_p < 0.001
    uneven = Design(treated=10 / 19)
    assert read_result(Group(9_000, 0.05), Group(10_000, 0.09), uneven).verdict == "better"


def test_a_watched_test_needs_more() -> None:
    groups = Group(10_000, 0.05), Group(10_000, 0.0565)
    assert read_result(*groups, DESIGN).verdict == "better"
    watched = read_result(*groups, DESIGN, watched=True)
    assert watched.verdict == "unclear" and watched.relative_low < 0


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_test_in_which_all_did_the_same_is_unclear(rate: float) -> None:
    result = read_result(Group(500, rate), Group(500, rate), DESIGN)
    assert result.verdict == "unclear" and result.low < 0 < result.high


def test_plan_and_result_are_kept_on_disk(home) -> None:
    store = PlanStore(small_shop())
    assert store.read() is None and store.result() is None
    plan = Plan(
        "better words", "visit_conversion", "ratio", 0.2, 0.3, 0.05, 14, 5_000, cap=9.5,
        guardrails=(Guardrail("order_value", 0.02, 0.03),), data_fingerprint="f", created=1.0,
    )  # fmt: skip
    store.save(plan)
    assert store.read() == plan
    assert plan.relative_error == pytest.approx(np.sqrt(0.3 * 4 / 5_000) / 0.2)
    kept = KeptResult(read_result(Group(100, 0.1), Group(100, 0.1), DESIGN), "orders", 2.0)
    store.save_result(kept)
    assert store.result() == kept


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"design": {}, "guardrails": []}', "7"])
def test_a_broken_plan_is_none(home, text: str) -> None:
    shop = small_shop()
    folder = shop.folder / "experiment"
    folder.mkdir()
    for name in ("plan.json", "result.json"):
        (folder / name).write_text(text)
    assert PlanStore(shop).read() is None and PlanStore(shop).result() is None
