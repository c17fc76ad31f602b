"""The live shop: choose a strategy for the next list, show it, and say what changed."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arms import Acts, Strategy, Visit, by_taste
from engine.bandit.context import FEATURES, features
from engine.bandit.policies import Array, Policy, guarantee, make_policy
from engine.bandit.similarity import Shelf
from engine.storage.feedback import Feedback, Shown
from engine.tasks.search.answers import SearchAnswer

# Every strategy keeps this share of the traffic together, so that the log can judge all of them.
GUARANTEED = 0.1


@dataclass(frozen=True)
class Request:
    """Who asks what: the session and, if somebody is signed in, the shopper with a history."""

    visit: str
    query: str
    shopper: str = ""
    history: Acts = ()


def learn(name: str, arms: Sequence[str], log: pd.DataFrame) -> Policy:
    """The policy called `name` after every list of `log`, a `Feedback.log`; KeyError if unknown.

    It learns from all lists, whichever policy had shown them.
    """
    policy = make_policy(name, len(arms), len(FEATURES))
    number = {arm: place for place, arm in enumerate(arms)}
    for arm, reward, context in log[["arm", "reward", "context"]].itertuples(index=False):
        if arm in number:
            policy.update(number[arm], float(reward), vector(context))
    return policy


def vector(context: dict[str, float]) -> Array:
    """The features of `Shown.context` in the order of `FEATURES`; 0 where one is missing."""
    return np.array([context.get(name, 0.0) for name in FEATURES])


def next_list(
    feedback: Feedback,
    request: Request,
    answer: SearchAnswer,
    strategies: Sequence[Strategy],
    shelf: Shelf,
    *,
    policy: str,
    length: int,
    goal: str = "any",
    least: float = GUARANTEED,
    rng: np.random.Generator | None = None,
) -> Shown:
    """Choose the strategy of the next list by what was learned, rank, and remember the list.

    Whatever the strategy, what this session liked and acted on moves up: one press changes the
    next list.
    """
    visit = Visit(tuple(feedback.acts(request.visit)), tuple(request.history))
    names = [strategy.name for strategy in strategies]
    context = features(request.query, answer, visit)
    learned = learn(policy, names, feedback.log(goal))
    chances = guarantee(learned.probabilities(vector(context)), least)
    arm = int((rng or np.random.default_rng()).choice(len(names), p=chances))
    ranked = strategies[arm].rank(answer, visit)
    shown = Shown(
        list_id=secrets.token_hex(8),
        visit=request.visit,
        shopper=request.shopper,
        query=request.query,
        policy=policy,
        arm=names[arm],
        probabilities=dict(zip(names, chances.tolist(), strict=True)),
        context=context,
        products=by_taste(ranked, visit.acts, shelf)[:length],
    )
    feedback.show(shown)
    return shown


@dataclass(frozen=True)
class Change:
    """What is different between two lists: products by how many places they moved up or down."""

    arm: bool
    new: Sequence[str]
    gone: Sequence[str]
    moved: dict[str, int]

    def __bool__(self) -> bool:
        """Whether anything on the list is different."""
        return bool(self.new or self.gone or self.moved)


def compare(before: Shown, now: Shown) -> Change:
    """What changed from `before` to `now`; a move up is above 0."""
    was = {name: place for place, name in enumerate(before.products)}
    places = {name: place for place, name in enumerate(now.products)}
    moved = {name: was[name] - place for name, place in places.items() if name in was}
    return Change(
        arm=before.arm != now.arm,
        new=[name for name in now.products if name not in was],
        gone=[name for name in before.products if name not in places],
        moved={name: steps for name, steps in moved.items() if steps},
    )
