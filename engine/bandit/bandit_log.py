"""A log that other strategies and policies can be judged from, as every estimator takes it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arrays import Floats, Integers
from engine.bandit.context import context_vector
from engine.bandit.off_policy import Estimate, doubly_robust, fit_rewards, ips, replay, snips
from engine.bandit.policies import Policy
from engine.bandit.simulator import Rollout, Simulator
from engine.errors import InputError

FEWEST_LISTS = 30


@dataclass(frozen=True)
class BanditLog:
    """One entry per list of a log.

    `shown` is the number of what was shown, `actions` (lists, arms) of what each strategy would
    have shown, `propensity` the probability with which it was chosen, and `reward` what came of it.
    `predicted` and `expected` (lists, arms) are the rewards that a model expects of both.
    """

    contexts: Floats
    shown: Integers
    actions: Integers
    propensity: Floats
    reward: Floats
    predicted: Floats
    expected: Floats

    def estimates(self, arm: int) -> dict[str, Estimate]:
        """The mean reward if this strategy had made every list, by estimator."""
        target = (self.actions[:, arm] == self.shown).astype(float)
        logged = (self.reward, self.propensity, target)
        return {
            "ips": ips(*logged),
            "snips": snips(*logged),
            "dr": doubly_robust(*logged, self.predicted, self.expected[:, arm]),
        }

    def replay(self, policy: Policy, seed: int = 0) -> Estimate:
        """What a policy over the strategies would have earned, learning as it goes."""
        rng = np.random.default_rng(seed)
        return replay(
            policy, self.contexts, self.actions, self.shown, self.propensity, self.reward, rng
        )


def log_of_feedback(lists: pd.DataFrame, arms: Sequence[str]) -> BanditLog:
    """The lists of `Feedback.log`; InputError if fewer than 30 are of one of `arms`."""
    lists = lists[lists["arm"].isin(arms)]
    if len(lists) < FEWEST_LISTS:
        raise InputError("strategy.few_lists", n=len(lists), want=FEWEST_LISTS)
    number = {arm: place for place, arm in enumerate(arms)}
    return _log_of_arms(
        contexts=np.array([context_vector(context) for context in lists["context"]]),
        arm=np.array([number[arm] for arm in lists["arm"]], dtype=np.intp),
        propensity=lists["propensity"].to_numpy(dtype=float),
        reward=lists["reward"].to_numpy(dtype=float),
        arms=len(arms),
    )


def log_of_rollout(rollout: Rollout, simulator: Simulator) -> BanditLog:
    """The log of a policy that served simulated shoppers."""
    return _log_of_arms(
        contexts=simulator.contexts[rollout.visit],
        arm=rollout.arm,
        propensity=rollout.propensity,
        reward=rollout.reward,
        arms=simulator.success.shape[1],
    )


def _log_of_arms(
    contexts: Floats, arm: Integers, propensity: Floats, reward: Floats, arms: int
) -> BanditLog:
    """A log whose lists were each shown for their strategy: what is shown is its number."""
    expected = fit_rewards(contexts, arm, reward, arms)
    return BanditLog(
        contexts=contexts,
        shown=arm,
        actions=np.tile(np.arange(arms), (len(arm), 1)),
        propensity=propensity,
        reward=reward,
        predicted=expected[np.arange(len(arm)), arm],
        expected=expected,
    )
