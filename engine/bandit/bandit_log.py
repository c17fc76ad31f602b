"""The log of a bandit, live or simulated, as every estimator takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.bandit.live import vector
from engine.bandit.off_policy import (
    Array,
    Estimate,
    doubly_robust,
    fit_rewards,
    ips,
    replay,
    snips,
)
from engine.bandit.policies import Policy
from engine.bandit.simulator import Course, Crowd
from engine.errors import InputError

FEWEST_LISTS = 30


@dataclass(frozen=True)
class BanditLog:
    """One entry per list: its context, the number of its strategy, propensity and reward."""

    contexts: Array
    arm: NDArray[np.intp]
    propensity: Array
    reward: Array
    arms: int

    @cached_property
    def _predicted(self) -> Array:
        return fit_rewards(self.contexts, self.arm, self.reward, self.arms)

    def estimates(self, arm: int) -> dict[str, Estimate]:
        """The success rate if every list had come from this strategy, by estimator."""
        target = (self.arm == arm).astype(float)
        seen = (self.reward, self.propensity, target)
        own = self._predicted[np.arange(len(self.arm)), self.arm]
        return {
            "ips": ips(*seen),
            "snips": snips(*seen),
            "dr": doubly_robust(*seen, own, self._predicted[:, arm]),
        }

    def replay(self, policy: Policy, seed: int = 0) -> Estimate:
        """What a policy over the strategies would have earned, learning as it goes."""
        actions = np.tile(np.arange(self.arms), (len(self.arm), 1))
        rng = np.random.default_rng(seed)
        return replay(policy, self.contexts, actions, self.arm, self.propensity, self.reward, rng)


def log_of_feedback(log: pd.DataFrame, arms: Sequence[str]) -> BanditLog:
    """The live log, from `Feedback.log`; InputError if it has fewer than 30 lists."""
    known = log[log["arm"].isin(arms)]
    if len(known) < FEWEST_LISTS:
        raise InputError("strategy.few_lists", n=len(known), want=FEWEST_LISTS)
    number = {arm: place for place, arm in enumerate(arms)}
    return BanditLog(
        contexts=np.array([vector(context) for context in known["context"]]),
        arm=np.array([number[arm] for arm in known["arm"]], dtype=np.intp),
        propensity=known["propensity"].to_numpy(dtype=float),
        reward=known["reward"].to_numpy(dtype=float),
        arms=len(arms),
    )


def log_of_course(course: Course, crowd: Crowd) -> BanditLog:
    """The log that a policy left when it served a simulated crowd."""
    return BanditLog(
        contexts=crowd.contexts[course.visit],
        arm=course.arm,
        propensity=course.propensity,
        reward=course.reward,
        arms=crowd.worth.shape[1],
    )
