"""The live shop: choose a strategy for the next list, show it, and compare it with the last."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arms import Strategy, by_taste
from engine.bandit.context import FEATURES, context_vector, read_context
from engine.bandit.policies import Policy, explore, make_policy
from engine.bandit.similarity import ProductSimilarity
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import Acts, Visit
from engine.storage.feedback import Feedback, Shown

EXPLORATION = 0.1


@dataclass(frozen=True)
class Request:
    """A search: the session's id, the query, and who is signed in with their history."""

    visit: str
    query: str
    shopper: str = ""
    history: Acts = ()


@dataclass(frozen=True)
class BanditConfig:
    """How the strategy of a list is chosen.

    - `policy`: the name of the policy, one of `POLICIES`.
    - `goal`: what makes a list a success, one of `GOALS`.
    - `exploration`: the share of the lists in which any strategy is chosen at random, so that the
      log can judge all of them.
    """

    policy: str
    goal: str = "any"
    exploration: float = EXPLORATION


def learn(policy_name: str, arms: Sequence[str], lists: pd.DataFrame) -> Policy:
    """A policy that has learned from the lists of `Feedback.log`, whichever policy chose them.

    Raises KeyError for an unknown policy.
    """
    policy = make_policy(policy_name, len(arms), len(FEATURES))
    number = {arm: place for place, arm in enumerate(arms)}
    for arm, reward, context in lists[["arm", "reward", "context"]].itertuples(index=False):
        if arm in number:
            policy.update(number[arm], float(reward), context_vector(context))
    return policy


def next_list(
    feedback: Feedback,
    request: Request,
    rankings: SystemRankings,
    strategies: Sequence[Strategy],
    similarity: ProductSimilarity,
    config: BanditConfig,
    *,
    length: int,
    rng: np.random.Generator | None = None,
) -> Shown:
    """Choose a strategy by what was learned so far, rank `length` products, and store the list.

    Whatever the strategy, products similar to what this session acted on move up: a single click
    changes the next list.
    """
    visit = Visit(tuple(feedback.acts(request.visit)), tuple(request.history))
    names = [strategy.name for strategy in strategies]
    context = read_context(request.query, rankings, visit)
    policy = learn(config.policy, names, feedback.log(config.goal))
    probabilities = explore(policy.probabilities(context_vector(context)), config.exploration)
    arm = int((rng or np.random.default_rng()).choice(len(names), p=probabilities))
    ranking = strategies[arm].rank(rankings, visit)
    shown = Shown(
        list_id=secrets.token_hex(8),
        visit=request.visit,
        shopper=request.shopper,
        query=request.query,
        policy=config.policy,
        arm=names[arm],
        probabilities=dict(zip(names, probabilities.tolist(), strict=True)),
        context=context,
        products=by_taste(ranking, visit.acts, similarity)[:length],
    )
    feedback.show(shown)
    return shown


@dataclass(frozen=True)
class Change:
    """What differs between two lists.

    `arm` says whether the strategy does. `moved` is by how many places a product of both moved, up
    above 0.
    """

    arm: bool
    new: Sequence[str]
    gone: Sequence[str]
    moved: Mapping[str, int]

    def __bool__(self) -> bool:
        """Whether anything on the list is different."""
        return bool(self.new or self.gone or self.moved)


def compare(before: Shown, after: Shown) -> Change:
    """What changed from `before` to `after`."""
    old = {name: place for place, name in enumerate(before.products)}
    new = {name: place for place, name in enumerate(after.products)}
    return Change(
        arm=before.arm != after.arm,
        new=[name for name in new if name not in old],
        gone=[name for name in old if name not in new],
        moved={
            name: old[name] - place
            for name, place in new.items()
            if name in old and old[name] != place
        },
    )
