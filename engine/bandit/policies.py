"""How the next list's strategy is chosen: every policy gives each strategy a probability.

The strategy is drawn from these probabilities, so the propensity of every choice is known exactly.
Rewards are 0 or 1; anything between them counts as a share of a success.
"""

import math
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from scipy import special

from engine.bandit.arrays import Floats

# One imagined success and one failure: before any feedback every success rate is equally likely.
PRIOR = 1.0
EPSILON = 0.1
# The standard deviation of rewards between 0 and 1 is at most that of a fair coin, 1/2.
NOISE = 0.5
RIDGE = 1.0
# Densities are integrated on a grid of so many steps, this many deviations to each side.
_STEPS, _DEVIATIONS = 49, 6.0


class Policy(Protocol):
    """Chooses one of several strategies in a context `x`, shape (features,)."""

    def probabilities(self, x: Floats) -> Floats:
        """The probability of choosing each arm, shape (arms,), sum 1."""

    def update(self, arm: int, reward: float, x: Floats) -> None:
        """Learn from the reward of choosing `arm` in context `x`."""


class FixedSplit:
    """An A/B test: every arm gets the same traffic, whatever happens."""

    def __init__(self, arms: int, features: int = 0) -> None:
        self.arms = arms

    def probabilities(self, x: Floats) -> Floats:
        """1 / arms each."""
        return np.full(self.arms, 1 / self.arms)

    def update(self, arm: int, reward: float, x: Floats) -> None:
        """Nothing is learned while the test runs."""


class _SuccessCounts:
    """Each arm's successes and failures, the prior included."""

    def __init__(self, arms: int, features: int = 0) -> None:
        self.wins, self.losses = np.full(arms, PRIOR), np.full(arms, PRIOR)

    def update(self, arm: int, reward: float, x: Floats) -> None:
        """Count the success or failure."""
        self.wins[arm] += reward
        self.losses[arm] += 1 - reward


class EpsilonGreedy(_SuccessCounts):
    """The best arm so far, but in a share `epsilon` of the lists any arm at random.

    Source: Sutton and Barto (2018), section 2.2.
    """

    def __init__(self, arms: int, features: int = 0, epsilon: float = EPSILON) -> None:
        super().__init__(arms)
        self.epsilon = epsilon

    def probabilities(self, x: Floats) -> Floats:
        """An equal part of epsilon each, and the rest to the best mean; equal arms share it."""
        return explore(_share_of_best(self.wins / (self.wins + self.losses)), self.epsilon)


class Thompson(_SuccessCounts):
    """Beta-Bernoulli Thompson sampling: each arm as often as it is probably the best one.

    An arm's success rate has the posterior Beta(1 + successes, 1 + failures). Source: Thompson
    (1933); Chapelle and Li (NeurIPS 2011).
    """

    def probabilities(self, x: Floats) -> Floats:
        """The probability that each arm has the highest rate."""
        return probability_of_best(self.wins, self.losses)


class _Linear:
    """A ridge regression of the reward on the context for each arm, updated list by list.

    With A = λI + Σ x xᵀ and b = Σ reward · x the estimate is θ = A⁻¹ b (Li et al., WWW 2010,
    algorithm 1). A⁻¹ is updated by the formula of Sherman and Morrison (1950).
    """

    def __init__(self, arms: int, features: int) -> None:
        self.inverse = np.tile(np.eye(features) / RIDGE, (arms, 1, 1))
        self.b = np.zeros((arms, features))

    def update(self, arm: int, reward: float, x: Floats) -> None:
        """Add one observation to the arm's regression."""
        product = self.inverse[arm] @ x
        self.inverse[arm] -= np.outer(product, product) / (1 + x @ product)
        self.b[arm] += reward * x

    def _expected(self, x: Floats) -> tuple[Floats, Floats]:
        """Mean and width sqrt(xᵀ A⁻¹ x) of every arm's reward."""
        product = self.inverse @ x
        mean = np.einsum("af,af->a", product, self.b)
        return mean, np.sqrt(np.maximum(product @ x, 0.0))


class LinUCB(_Linear):
    """The arm with the highest upper confidence bound in this context, disjoint linear models.

    The bound is θᵀx + α sqrt(xᵀ A⁻¹ x). Source: Li, Chu, Langford and Schapire (WWW 2010).
    """

    def __init__(self, arms: int, features: int, alpha: float = NOISE) -> None:
        super().__init__(arms, features)
        self.alpha = alpha

    def probabilities(self, x: Floats) -> Floats:
        """1 for the highest bound; equal arms share it."""
        mean, width = self._expected(x)
        return _share_of_best(mean + self.alpha * width)


class LinearThompson(_Linear):
    """Linear Thompson sampling: each arm as often as it is probably the best in this context.

    θ has the posterior N(A⁻¹ b, v² A⁻¹). Source: Agrawal and Goyal (ICML 2013).
    """

    def __init__(self, arms: int, features: int, v: float = NOISE) -> None:
        super().__init__(arms, features)
        self.v = v

    def probabilities(self, x: Floats) -> Floats:
        """The probability that each arm's reward is the highest."""
        mean, width = self._expected(x)
        return _probability_of_best_normal(mean, np.maximum(self.v * width, 1e-9))


# What makes a policy from its number of arms and of features. The feedback keeps these names.
POLICIES: Mapping[str, Callable[[int, int], Policy]] = {
    "thompson": Thompson,
    "linear_thompson": LinearThompson,
    "lin_ucb": LinUCB,
    "epsilon_greedy": EpsilonGreedy,
    "fixed_split": FixedSplit,
}


def make_policy(name: str, arms: int, features: int) -> Policy:
    """A policy that has learned nothing yet; KeyError for an unknown name."""
    return POLICIES[name](arms, features)


def explore(probabilities: Floats, share: float) -> Floats:
    """The same choice, but any arm at random in a `share` of the lists.

    Without traffic for every arm no other policy could be judged from the log later.
    """
    return (1 - share) * probabilities + share / len(probabilities)


def probability_of_best(wins: Floats, losses: Floats) -> Floats:
    """The probability that each rate is the highest if rate i is Beta(wins[i], losses[i]); sum 1.

    P(i best) = ∫ fᵢ(t) Πⱼ≠ᵢ Fⱼ(t) dt by the trapezoid rule, on a grid that is fine where any of
    the densities is high.
    """
    mean = wins / (wins + losses)
    deviation = np.sqrt(mean * (1 - mean) / (wins + losses + 1))
    grid = np.clip(_grid(mean, deviation), 1e-9, 1 - 1e-9)
    a, b = wins[:, None], losses[:, None]
    log_density = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid) - special.betaln(a, b)
    return _integrate(grid, np.exp(log_density), special.betainc(a, b, grid))


def _probability_of_best_normal(mean: Floats, deviation: Floats) -> Floats:
    grid = _grid(mean, deviation)
    z = (grid - mean[:, None]) / deviation[:, None]
    density = np.exp(-(z**2) / 2) / (math.sqrt(2 * math.pi) * deviation[:, None])
    return _integrate(grid, density, special.ndtr(z))


def _grid(mean: Floats, deviation: Floats) -> Floats:
    steps = np.linspace(-_DEVIATIONS, _DEVIATIONS, _STEPS)
    return np.unique(mean[:, None] + deviation[:, None] * steps)


def _integrate(grid: Floats, density: Floats, cumulative: Floats) -> Floats:
    """∫ fᵢ Πⱼ≠ᵢ Fⱼ for each i, brought to sum 1; `density` and `cumulative` are (arms, grid)."""
    logs = np.log(np.maximum(cumulative, 1e-300))
    others_below = np.exp(logs.sum(axis=0) - logs)
    mass: Floats = np.trapezoid(density * others_below, grid, axis=1)
    probability: Floats = mass / mass.sum()
    return probability


def _share_of_best(values: Floats) -> Floats:
    """1 for the highest value; equal ones share it."""
    best = np.isclose(values, values.max(), rtol=0, atol=1e-12)
    share: Floats = best / best.sum()
    return share
