"""How the next list's strategy is chosen: every policy gives each strategy a probability.

Drawing from these probabilities *is* the policy, so each decision knows its own propensity exactly.
Rewards are 0 or 1 (anything between them counts as a share of a success).
"""

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

# One success and one failure imagined: before anything is seen, every rate is equally likely.
PRIOR = 1.0
EPSILON = 0.1
# Rewards in [0, 1] deviate from their mean at most like a coin's, whose deviation is 1/2.
NOISE = 0.5
RIDGE = 1.0
_REACH, _STEPS = 6.0, 49


class Policy(Protocol):
    """Chooses one of `arms` strategies in a context `x`, shape (features,)."""

    def probabilities(self, x: Array) -> Array:
        """How likely each arm is chosen, shape (arms,), sum 1."""

    def update(self, arm: int, reward: float, x: Array) -> None:
        """Learn what came of choosing `arm` in context `x`."""


class FixedSplit:
    """An A/B test: every arm gets the same traffic, whatever happens."""

    def __init__(self, arms: int, features: int = 0) -> None:
        self.arms = arms

    def probabilities(self, x: Array) -> Array:
        """1 / arms each."""
        return np.full(self.arms, 1 / self.arms)

    def update(self, arm: int, reward: float, x: Array) -> None:
        """Nothing is learned while the test runs."""


class EpsilonGreedy:
    """The best arm so far, but any arm at random in a share `epsilon` of the lists.

    Source: Sutton and Barto (2018), section 2.2.
    """

    def __init__(self, arms: int, features: int = 0, epsilon: float = EPSILON) -> None:
        self.epsilon = epsilon
        self.wins, self.losses = np.full(arms, PRIOR), np.full(arms, PRIOR)

    def probabilities(self, x: Array) -> Array:
        """An equal part of epsilon each, and the rest to the best mean; equal arms share it."""
        return _mix(_share_of_best(self.wins / (self.wins + self.losses)), self.epsilon)

    def update(self, arm: int, reward: float, x: Array) -> None:
        """Count the success or failure."""
        self.wins[arm] += reward
        self.losses[arm] += 1 - reward


class Thompson:
    """Each arm as often as it is the best one, judging by what is known: Beta-Bernoulli.

    An arm's success rate has the posterior Beta(1 + successes, 1 + failures). Source: Thompson
    (1933); Chapelle and Li (NeurIPS 2011).
    """

    def __init__(self, arms: int, features: int = 0) -> None:
        self.wins, self.losses = np.full(arms, PRIOR), np.full(arms, PRIOR)

    def probabilities(self, x: Array) -> Array:
        """The probability that each arm has the highest rate."""
        return chance_of_best(self.wins, self.losses)

    def update(self, arm: int, reward: float, x: Array) -> None:
        """Update the arm's posterior."""
        self.wins[arm] += reward
        self.losses[arm] += 1 - reward


class _Linear:
    """A ridge regression of the reward on the context for each arm, kept up by rank-one steps.

    A = λI + Σ x xᵀ and b = Σ reward · x, estimate θ = A⁻¹ b (Li et al., WWW 2010, algorithm 1);
    A⁻¹ is updated by the formula of Sherman and Morrison (1950).
    """

    def __init__(self, arms: int, features: int) -> None:
        self.inverse = np.tile(np.eye(features) / RIDGE, (arms, 1, 1))
        self.b = np.zeros((arms, features))

    def update(self, arm: int, reward: float, x: Array) -> None:
        """Add one observation to the arm's regression."""
        turned = self.inverse[arm] @ x
        self.inverse[arm] -= np.outer(turned, turned) / (1 + x @ turned)
        self.b[arm] += reward * x

    def _expected(self, x: Array) -> tuple[Array, Array]:
        """Mean and width sqrt(xᵀ A⁻¹ x) of every arm's reward."""
        turned = self.inverse @ x
        mean = np.einsum("af,af->a", turned, self.b)
        return mean, np.sqrt(np.maximum(turned @ x, 0.0))


class LinUCB(_Linear):
    """The arm with the highest upper confidence bound in this context, disjoint linear models.

    The bound is θᵀx + α sqrt(xᵀ A⁻¹ x). Source: Li, Chu, Langford and Schapire (WWW 2010).
    """

    def __init__(self, arms: int, features: int, alpha: float = NOISE) -> None:
        super().__init__(arms, features)
        self.alpha = alpha

    def probabilities(self, x: Array) -> Array:
        """1 for the highest bound; arms that are equal share it."""
        mean, width = self._expected(x)
        return _share_of_best(mean + self.alpha * width)


class LinearThompson(_Linear):
    """Each arm as often as it is the best one in this context, judging by its linear model.

    θ has the posterior N(A⁻¹ b, v² A⁻¹). Source: Agrawal and Goyal (ICML 2013).
    """

    def __init__(self, arms: int, features: int, v: float = NOISE) -> None:
        super().__init__(arms, features)
        self.v = v

    def probabilities(self, x: Array) -> Array:
        """The probability that each arm's reward is the highest."""
        mean, width = self._expected(x)
        return _chance_of_best_normal(mean, np.maximum(self.v * width, 1e-9))


POLICIES: Mapping[str, type] = {
    "thompson": Thompson,
    "linear_thompson": LinearThompson,
    "lin_ucb": LinUCB,
    "epsilon_greedy": EpsilonGreedy,
    "fixed_split": FixedSplit,
}


def make_policy(name: str, arms: int, features: int) -> Policy:
    """A policy that has seen nothing yet; KeyError for an unknown name."""
    policy: Policy = POLICIES[name](arms, features)
    return policy


def guarantee(probabilities: Array, least: float) -> Array:
    """The same choice, but in a share `least` of the lists any arm at random.

    Without traffic for every arm no other policy can be judged from the log later.
    """
    return _mix(probabilities, least)


def chance_of_best(wins: Array, losses: Array) -> Array:
    """How likely each rate is the highest if rate i is Beta(wins[i], losses[i]); sum 1.

    P(i best) = ∫ fᵢ(t) Πⱼ≠ᵢ Fⱼ(t) dt by the trapezoid rule, on a grid that is fine where any of
    the densities is.
    """
    mean = wins / (wins + losses)
    spread = np.sqrt(mean * (1 - mean) / (wins + losses + 1))
    grid = np.clip(_grid(mean, spread), 1e-9, 1 - 1e-9)
    a, b = wins[:, None], losses[:, None]
    logs = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid) - special.betaln(a, b)
    return _chance(grid, np.exp(logs), special.betainc(a, b, grid))


def _chance_of_best_normal(mean: Array, spread: Array) -> Array:
    grid = _grid(mean, spread)
    z = (grid - mean[:, None]) / spread[:, None]
    density = np.exp(-(z**2) / 2) / (math.sqrt(2 * math.pi) * spread[:, None])
    return _chance(grid, density, special.ndtr(z))


def _grid(mean: Array, spread: Array) -> Array:
    steps = np.linspace(-_REACH, _REACH, _STEPS)
    return np.unique(mean[:, None] + spread[:, None] * steps)


def _chance(grid: Array, density: Array, below: Array) -> Array:
    logs = np.log(np.maximum(below, 1e-300))
    others = np.exp(logs.sum(axis=0) - logs)
    chance = np.trapezoid(density * others, grid, axis=1)
    return chance / chance.sum()


def _mix(probabilities: Array, share: float) -> Array:
    return (1 - share) * probabilities + share / len(probabilities)


def _share_of_best(values: Array) -> Array:
    best = np.isclose(values, values.max(), rtol=0, atol=1e-12)
    return best / best.sum()
