"""Whether off-policy intervals hold what they promise, on simulated logs with a known truth.

`python bench/off_policy.py [--lists 2000] [--repetitions 100] [--worlds 5]`

A world has contexts, success rates, a logging policy that prefers some strategies, and another
policy with other preferences. Each repetition writes a new log and estimates from it what that
other policy would earn. Printed is, for each world, how often the 95 % interval holds the truth,
how wide it is, and on how many lists the estimates rest (`effective`).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.bandit.off_policy import (
    Estimate,
    doubly_robust,
    fit_rewards,
    ips,
    replay,
    snips,
)
from engine.bandit.policies import guarantee

ESTIMATORS = ("ips", "snips", "dr", "replay")
ARMS, FEATURES, KINDS = 5, 4, 200

Array = NDArray[np.float64]


class Fixed:
    """The policy in question: it knows how likely it shows each arm in each context."""

    def __init__(self, weights: Array) -> None:
        self.weights = weights

    def probabilities(self, x: Array) -> Array:
        """Softmax of a linear score."""
        return _softmax(self.weights @ x)

    def update(self, arm: int, reward: float, x: Array) -> None:
        """It stays as it is."""


class World:
    """Contexts with true success rates, a logging policy, and the policy to be judged."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.contexts = np.column_stack([np.ones(KINDS), rng.random((KINDS, FEATURES - 1))])
        # Curved in the context, so that the reward model of "doubly robust" is wrong.
        wave = np.sin(3 * self.contexts @ rng.normal(size=(FEATURES, ARMS)))
        self.rates = 0.25 + 0.2 * wave
        self.logging = Fixed(rng.normal(0, 0.8, (ARMS, FEATURES)))
        self.target = Fixed(rng.normal(0, 2.0, (ARMS, FEATURES)))
        self.chances = np.array(
            [guarantee(self.logging.probabilities(x), 0.2) for x in self.contexts]
        )
        self.wanted = np.array([self.target.probabilities(x) for x in self.contexts])
        self.truth = float((self.wanted * self.rates).sum(axis=1).mean())

    def estimates(self, lists: int, seed: int) -> dict[str, Estimate]:
        """Every estimator's answer from a new log; replay gets one that was split evenly."""
        rng = np.random.default_rng([seed, lists])
        kind, arm, reward = self._log(self.chances, lists, rng)
        contexts = self.contexts[kind]
        seen = (reward, self.chances[kind, arm], self.wanted[kind, arm])
        predicted = fit_rewards(contexts, arm, reward, ARMS, seed)
        own = predicted[np.arange(lists), arm]
        expected = (self.wanted[kind] * predicted).sum(axis=1)
        even = np.full_like(self.chances, 1 / ARMS)
        kind, arm, reward = self._log(even, lists, rng)
        actions = np.tile(np.arange(ARMS), (lists, 1))
        fair = even[kind, arm]
        return {
            "ips": ips(*seen),
            "snips": snips(*seen),
            "dr": doubly_robust(*seen, own, expected),
            "replay": replay(self.target, self.contexts[kind], actions, arm, fair, reward, rng),
        }

    def _log(
        self, chances: Array, lists: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        kind = rng.integers(KINDS, size=lists)
        arm = (rng.random(lists)[:, None] > chances[kind].cumsum(axis=1)).sum(axis=1)
        arm = np.minimum(arm, ARMS - 1)
        reward = (rng.random(lists) < self.rates[kind, arm]).astype(float)
        return kind, arm, reward


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max())
    chances: Array = powers / powers.sum()
    return chances


def main() -> None:
    """Print coverage and width per estimator as one JSON document a world."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lists", type=int, default=2000)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--worlds", type=int, default=5)
    given = parser.parse_args()
    for seed in range(given.worlds):
        world = World(seed)
        found = [world.estimates(given.lists, number) for number in range(given.repetitions)]
        report = {name: _summary(world, [one[name] for one in found]) for name in ESTIMATORS}
        print(json.dumps({"world": seed, "truth": round(world.truth, 4)} | report), flush=True)


def _summary(world: World, found: list[Estimate]) -> dict[str, float]:
    return {
        "covered": int(sum(one.low <= world.truth <= one.high for one in found)),
        "of": len(found),
        "mean": round(float(np.mean([one.value for one in found])), 4),
        "width": round(float(np.mean([one.high - one.low for one in found])), 4),
        "effective": round(float(np.mean([one.effective for one in found]))),
    }


if __name__ == "__main__":
    main()
