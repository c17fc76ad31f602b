"""Off-policy estimators by hand, and on simulated logs whose truth is known."""

import numpy as np
import pytest

from bench.off_policy import ESTIMATORS, World
from engine.bandit.off_policy import (
    doubly_robust,
    fit_rewards,
    ips,
    replay,
    snips,
    wilson,
)
from engine.bandit.policies import FixedSplit, Thompson

REWARD = np.array([1.0, 0.0, 1.0, 1.0])
PROPENSITY = np.array([0.5, 0.25, 0.25, 0.5])
TARGET = np.array([1.0, 0.0, 0.5, 0.25])


def test_ips_and_snips_by_hand() -> None:
    # Weights 2, 0, 2, 0.5.
    estimate = ips(REWARD, PROPENSITY, TARGET)
    assert estimate.value == pytest.approx(4.5 / 4)
    assert estimate.effective == pytest.approx(4.5**2 / 8.25)
    assert snips(REWARD, PROPENSITY, TARGET).value == pytest.approx(1.0)
    other = np.array([1.0, 1.0, 0.0, 1.0])
    assert snips(other, PROPENSITY, TARGET).value == pytest.approx(2.5 / 4.5)


def test_an_interval_follows_the_skew_of_its_terms() -> None:
    # 90 terms of 0 and 10 of 10: mean 1, deviation 3.0151, skew γ = 2.6264 / 10, t(0.975; 99).
    reward, propensity = np.repeat([0.0, 1.0], [90, 10]), np.full(100, 0.1)
    estimate = ips(reward, propensity, np.ones(100))
    gamma, quantile, error = 0.262643, 1.984217, 0.301511

    def turned(q: float) -> float:
        return 3 / gamma * (np.cbrt(1 + gamma * (q - gamma / 6)) - 1)

    assert estimate.value == pytest.approx(1.0)
    assert estimate.low == pytest.approx(1 - error * turned(quantile), abs=1e-4)
    assert estimate.high == pytest.approx(1 - error * turned(-quantile), abs=1e-4)
    # Further up than down, as Wilson's interval of the share (times 10) is.
    assert estimate.high - 1 > 1 - estimate.low > 0
    # g undoes its inverse.
    t = turned(quantile)
    assert t + gamma * t**2 / 3 + gamma**2 * t**3 / 27 + gamma / 6 == pytest.approx(quantile)


def test_doubly_robust_by_hand() -> None:
    predicted, expected = np.full(4, 0.5), np.full(4, 0.6)
    estimate = doubly_robust(REWARD, PROPENSITY, TARGET, predicted, expected)
    assert estimate.value == pytest.approx(0.6 + np.mean([2 * 0.5, 0, 2 * 0.5, 0.5 * 0.5]))


def test_too_few_lists_give_no_interval() -> None:
    estimate = ips(REWARD, PROPENSITY, TARGET)
    assert np.isnan(estimate.low) and np.isnan(estimate.high)


def test_a_log_that_never_did_it_gives_no_number() -> None:
    assert np.isnan(snips(REWARD, PROPENSITY, np.zeros(4)).value)
    assert np.isnan(wilson(0, 0).value)


def test_wilson_by_hand() -> None:
    # 1 of 10, from Wilson's formula.
    estimate = wilson(1, 10)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
        (0.1, 0.0179, 0.4042), abs=1e-4
    )


def test_fitted_rewards_are_those_of_unseen_rows() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(2000), rng.random(2000)])
    arm = rng.integers(2, size=2000)
    truth = np.column_stack([0.2 + 0.5 * x[:, 1], 0.7 - 0.5 * x[:, 1]])
    reward = (rng.random(2000) < truth[np.arange(2000), arm]).astype(float)
    predicted = fit_rewards(x, arm, reward, 2)
    assert np.abs(predicted - truth).mean() < 0.05
    # A row's own reward plays no part in its prediction.
    flipped = reward.copy()
    flipped[0] = 1 - flipped[0]
    assert fit_rewards(x, arm, flipped, 2)[0] == pytest.approx(predicted[0])


def test_intervals_cover_a_known_truth() -> None:
    world = World(seed=5)
    covered = dict.fromkeys(ESTIMATORS, 0)
    for repetition in range(40):
        for name, estimate in world.estimates(lists=600, seed=repetition).items():
            covered[name] += estimate.low <= world.truth <= estimate.high
    # 95 % of 40 is 38; below 34 would come up once in a thousand times.
    assert min(covered.values()) >= 34, covered


def test_replay_of_an_even_log_finds_what_the_policy_would_earn() -> None:
    rng = np.random.default_rng(3)
    n, rates = 6000, np.array([0.2, 0.5, 0.3])
    shown = rng.integers(3, size=n)
    reward = (rng.random(n) < rates[shown]).astype(float)
    actions, contexts = np.tile(np.arange(3), (n, 1)), np.ones((n, 1))
    propensity = np.full(n, 1 / 3)
    fixed = replay(FixedSplit(3), contexts, actions, shown, propensity, reward, rng)
    learned = replay(Thompson(3), contexts, actions, shown, propensity, reward, rng)
    assert fixed.low <= rates.mean() <= fixed.high
    assert fixed.effective == pytest.approx(n / 3, rel=0.1)
    assert learned.value > 0.44 and learned.low > fixed.high


def test_replay_makes_an_uneven_log_even() -> None:
    rng = np.random.default_rng(4)
    n, chances, rates = 20000, np.array([0.8, 0.1, 0.1]), np.array([0.2, 0.5, 0.8])
    shown = rng.choice(3, size=n, p=chances)
    reward = (rng.random(n) < rates[shown]).astype(float)
    actions, contexts = np.tile(np.arange(3), (n, 1)), np.ones((n, 1))
    estimate = replay(FixedSplit(3), contexts, actions, shown, chances[shown], reward, rng)
    # Three standard errors; taken as it is, the log's matches would earn 0.29.
    assert estimate.value == pytest.approx(0.5, abs=0.035)
