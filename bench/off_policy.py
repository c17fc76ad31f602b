"""How often off-policy intervals cover the truth, on simulated logs where it is known.

`python bench/off_policy.py [--lists 2000] [--repetitions 100] [--worlds 5]`

A world has contexts, success rates, a logging policy that prefers some strategies, and a target
policy with other preferences. Each repetition writes a new log and estimates from it what the
target policy would earn. Printed is, for each world, how often the 95 % interval covers the truth,
how wide it is, and on how many lists the estimates rest (`effective`).
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.bandit.arrays import Floats, Integers
from engine.bandit.off_policy import (
    Estimate,
    doubly_robust,
    fit_rewards,
    ips,
    replay,
    snips,
)
from engine.bandit.policies import explore

ESTIMATORS = ("ips", "snips", "dr", "replay")
ARMS, FEATURES, KINDS = 5, 4, 200


class Fixed:
    """A policy that never learns: a softmax of linear scores."""

    def __init__(self, weights: Floats) -> None:
        self.weights = weights

    def probabilities(self, x: Floats) -> Floats:
        """The softmax of each arm's score."""
        return _softmax(self.weights @ x)

    def update(self, arm: int, reward: float, x: Floats) -> None:
        """Nothing is learned."""


class World:
    """Contexts with true success rates, a logging policy, and the target policy to be judged."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.contexts = np.column_stack([np.ones(KINDS), rng.random((KINDS, FEATURES - 1))])
        # Curved in the context, so that the reward model of "doubly robust" is wrong.
        wave = np.sin(3 * self.contexts @ rng.normal(size=(FEATURES, ARMS)))
        self.rates = 0.25 + 0.2 * wave
        self.logging = Fixed(rng.normal(0, 0.8, (ARMS, FEATURES)))
        self.target = Fixed(rng.normal(0, 2.0, (ARMS, FEATURES)))
        self.logged = np.array([explore(self.logging.probabilities(x), 0.2) for x in self.contexts])
        self.targeted = np.array([self.target.probabilities(x) for x in self.contexts])
        self.truth = float((self.targeted * self.rates).sum(axis=1).mean())

    def estimates(self, lists: int, seed: int) -> dict[str, Estimate]:
        """What every estimator makes of a new log; replay gets one that was split evenly."""
        rng = np.random.default_rng([seed, lists])
        kind, arm, reward = self._log(self.logged, lists, rng)
        contexts = self.contexts[kind]
        logged = (reward, self.logged[kind, arm], self.targeted[kind, arm])
        predicted = fit_rewards(contexts, arm, reward, ARMS, seed)
        own = predicted[np.arange(lists), arm]
        expected = (self.targeted[kind] * predicted).sum(axis=1)
        even = np.full_like(self.logged, 1 / ARMS)
        kind, arm, reward = self._log(even, lists, rng)
        actions = np.tile(np.arange(ARMS), (lists, 1))
        return {
            "ips": ips(*logged),
            "snips": snips(*logged),
            "dr": doubly_robust(*logged, own, expected),
            "replay": replay(
                self.target, self.contexts[kind], actions, arm, even[kind, arm], reward, rng
            ),
        }

    def _log(
        self, probabilities: Floats, lists: int, rng: np.random.Generator
    ) -> tuple[Integers, Integers, Floats]:
        kind = rng.integers(KINDS, size=lists)
        arm = (rng.random(lists)[:, None] > probabilities[kind].cumsum(axis=1)).sum(axis=1)
        arm = np.minimum(arm, ARMS - 1)
        reward = (rng.random(lists) < self.rates[kind, arm]).astype(float)
        return kind, arm, reward


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max())
    probabilities: Floats = powers / powers.sum()
    return probabilities


def main() -> None:
    """Print coverage and width per estimator as one JSON document a world."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lists", type=int, default=2000)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--worlds", type=int, default=5)
    options = parser.parse_args()
    for seed in range(options.worlds):
        world = World(seed)
        runs = [world.estimates(options.lists, number) for number in range(options.repetitions)]
        report = {name: _summary(world, [run[name] for run in runs]) for name in ESTIMATORS}
        print(json.dumps({"world": seed, "truth": round(world.truth, 4)} | report), flush=True)


def _summary(world: World, estimates: list[Estimate]) -> dict[str, float]:
    return {
        "covered": int(sum(one.low <= world.truth <= one.high for one in estimates)),
        "of": len(estimates),
        "mean": round(float(np.mean([one.value for one in estimates])), 4),
        "width": round(float(np.mean([one.high - one.low for one in estimates])), 4),
        "effective": round(float(np.mean([one.effective for one in estimates]))),
    }


if __name__ == "__main__":
    main()
