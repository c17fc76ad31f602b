"""Policies against computations by hand and against chance itself."""

import numpy as np
import pytest

from engine.bandit.policies import (
    POLICIES,
    EpsilonGreedy,
    FixedSplit,
    LinearThompson,
    LinUCB,
    Thompson,
    explore,
    make_policy,
    probability_of_best,
)

NOTHING = np.ones(1)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_starts_fair_and_sums_to_one(name: str) -> None:
    policy = make_policy(name, 4, 2)
    x = np.array([1.0, 0.5])
    assert policy.probabilities(x) == pytest.approx(np.full(4, 0.25))
    rng = np.random.default_rng(0)
    for _ in range(60):
        arm = int(rng.integers(4))
        policy.update(arm, float(rng.random() < 0.1 + 0.2 * arm), x)
        chances = policy.probabilities(x)
        assert chances.sum() == pytest.approx(1) and (chances >= 0).all()


@pytest.mark.parametrize("name", [name for name in POLICIES if name != "fixed_split"])
def test_what_earns_more_is_shown_more(name: str) -> None:
    policy = make_policy(name, 3, 1)
    for _ in range(100):
        for arm, rate in enumerate((0.2, 0.8, 0.4)):
            policy.update(arm, rate, NOTHING)
    assert policy.probabilities(NOTHING).argmax() == 1
    assert policy.probabilities(NOTHING)[1] > 0.9


def test_a_fixed_split_never_learns() -> None:
    policy = FixedSplit(2)
    policy.update(0, 1.0, NOTHING)
    assert policy.probabilities(NOTHING).tolist() == [0.5, 0.5]


def test_the_chance_to_be_best_is_the_integral_by_hand() -> None:
    # Beta(2, 1) against Beta(1, 1): ∫ 2t · t dt = 2/3.
    assert probability_of_best(np.array([2.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(
        [2 / 3, 1 / 3], abs=2e-3
    )
    # Beta(3, 1), Beta(1, 1), Beta(1, 1): ∫ 3t² · t² dt = 3/5, the others share the rest.
    found = probability_of_best(np.array([3.0, 1.0, 1.0]), np.ones(3))
    assert found == pytest.approx([0.6, 0.2, 0.2], abs=2e-3)


@pytest.mark.parametrize(
    ("wins", "losses"),
    [
        ([30.0, 35.0, 1.0], [70.0, 65.0, 1.0]),
        ([3000.0, 3100.0, 2.0], [7000.0, 6900.0, 9.0]),
        ([1.0, 90000.0, 5.0], [300.0, 10000.0, 1.0]),
    ],
)
def test_the_chance_to_be_best_is_that_of_drawing(wins: list[float], losses: list[float]) -> None:
    drawn = np.random.default_rng(1).beta(wins, losses, size=(200_000, 3)).argmax(axis=1)
    expected = np.bincount(drawn, minlength=3) / len(drawn)
    assert probability_of_best(np.array(wins), np.array(losses)) == pytest.approx(
        expected, abs=0.006
    )


def test_thompson_counts_successes_and_failures() -> None:
    policy = Thompson(2)
    policy.update(0, 1.0, NOTHING)
    policy.update(1, 0.0, NOTHING)
    assert policy.wins.tolist() == [2, 1] and policy.losses.tolist() == [1, 2]
    # Beta(2, 1) against Beta(1, 2): 1 - ∫ 2t (1 - t)² ... = 5/6.
    assert policy.probabilities(NOTHING)[0] == pytest.approx(5 / 6, abs=2e-3)


def test_epsilon_greedy_splits_only_epsilon() -> None:
    policy = EpsilonGreedy(4, epsilon=0.2)
    policy.update(2, 1.0, NOTHING)
    assert policy.probabilities(NOTHING) == pytest.approx([0.05, 0.05, 0.85, 0.05])


def test_lin_ucb_is_the_ridge_regression_by_hand() -> None:
    policy = LinUCB(2, 2, alpha=0.5)
    rows = [([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0), ([1.0, 0.5], 1.0)]
    for x, reward in rows:
        policy.update(0, reward, np.array(x))
    xs, rewards = np.array([x for x, _ in rows]), np.array([reward for _, reward in rows])
    a = np.eye(2) + xs.T @ xs
    theta = np.linalg.solve(a, xs.T @ rewards)
    x = np.array([1.0, 0.25])
    mean, width = policy._expected(x)
    assert policy.inverse[0] == pytest.approx(np.linalg.inv(a))
    assert mean == pytest.approx([theta @ x, 0.0])
    assert width == pytest.approx([np.sqrt(x @ np.linalg.inv(a) @ x), np.sqrt(x @ x)])
    bounds = mean + 0.5 * width
    assert policy.probabilities(x).argmax() == bounds.argmax()
    assert sorted(policy.probabilities(x)) == [0, 1]


def test_linear_thompson_is_the_chance_of_its_draws() -> None:
    policy = LinearThompson(3, 2)
    rng = np.random.default_rng(2)
    for _ in range(40):
        x = np.array([1.0, rng.random()])
        arm = int(rng.integers(3))
        policy.update(arm, float(rng.random() < 0.2 + 0.3 * arm * x[1]), x)
    x = np.array([1.0, 0.7])
    mean, width = policy._expected(x)
    drawn = rng.normal(mean, policy.v * width, size=(100_000, 3)).argmax(axis=1)
    expected = np.bincount(drawn, minlength=3) / len(drawn)
    assert policy.probabilities(x) == pytest.approx(expected, abs=0.008)


@pytest.mark.parametrize("name", ["lin_ucb", "linear_thompson"])
def test_linear_policies_tell_contexts_apart(name: str) -> None:
    policy = make_policy(name, 2, 2)
    short, long = np.array([1.0, 0.0]), np.array([1.0, 1.0])
    for _ in range(200):
        for x, rates in ((short, (0.8, 0.2)), (long, (0.2, 0.8))):
            for arm, rate in enumerate(rates):
                policy.update(arm, rate, x)
    assert policy.probabilities(short)[0] > 0.95
    assert policy.probabilities(long)[1] > 0.95


def test_exploration_leaves_no_arm_out() -> None:
    assert explore(np.array([1.0, 0.0]), 0.1).tolist() == pytest.approx([0.95, 0.05])
    assert explore(np.array([1.0, 0.0]), 0.0).tolist() == [1.0, 0.0]
