"""The uploaded log as an experiment: which product stood first, and whether it was clicked.

A log says nothing of strategies, but a shop whose first place changes has tried things out: for one
query the product on top came and went. How often each stood there is its propensity, and a strategy
is judged by the product it would have put there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.bandit.arms import NOBODY, Strategy, Visit
from engine.bandit.click_model import ClickModel
from engine.bandit.context import features
from engine.bandit.off_policy import Array, Estimate, doubly_robust, ips, replay, snips
from engine.bandit.policies import Policy
from engine.errors import InputError
from engine.tasks.search.answers import SearchAnswer

FEWEST_LISTS = 30


@dataclass(frozen=True)
class FirstPlaces:
    """One entry per list of the log.

    `shown` is the number of the product that stood first, `actions` (lists, arms) that of the
    product each strategy would have put there, `predicted` and `expected` (lists, arms) what the
    click model says of both.
    """

    contexts: Array
    shown: NDArray[np.intp]
    actions: NDArray[np.intp]
    propensity: Array
    reward: Array
    predicted: Array
    expected: Array

    def estimates(self, arm: int) -> dict[str, Estimate]:
        """The clicks on the first place if this strategy had chosen it, by estimator."""
        target = (self.actions[:, arm] == self.shown).astype(float)
        seen = (self.reward, self.propensity, target)
        return {
            "ips": ips(*seen),
            "snips": snips(*seen),
            "dr": doubly_robust(*seen, self.predicted, self.expected[:, arm]),
        }

    def replay(self, policy: Policy, seed: int = 0) -> Estimate:
        """What a policy over the strategies would have earned, learning as it goes."""
        rng = np.random.default_rng(seed)
        return replay(
            policy, self.contexts, self.actions, self.shown, self.propensity, self.reward, rng
        )


def first_places(
    shown: pd.DataFrame,
    model: ClickModel,
    answers: Mapping[str, SearchAnswer],
    strategies: Sequence[Strategy],
    visits: Mapping[str, Visit],
) -> FirstPlaces:
    """The first places of the queries in `answers`; arguments as those of the simulator.

    A strategy may only choose among products that stood first at least once: of others the log
    knows nothing. Queries whose first place never changed say nothing and are left out. Raises
    InputError where fewer than 30 lists are left.
    """
    top = shown[shown["query"].isin(answers) & (shown["place"] == 0)]
    tried = top.groupby("query")["product_id"].nunique()
    top = top[top["query"].map(tried) > 1].sort_values("time", kind="stable")
    if len(top) < FEWEST_LISTS:
        raise InputError("strategy.first_place_fixed", want=FEWEST_LISTS)
    times = top.groupby(["query", "product_id"])["clicked"].transform("size")
    propensity = times / top.groupby("query")["clicked"].transform("size")
    ever = {query: set(names) for query, names in top.groupby("query")["product_id"]}
    codes, names = pd.factorize(top["product_id"])
    number = {name: code for code, name in enumerate(names)}
    chosen, contexts = [], []
    cache: dict[tuple[str, Visit], tuple[list[str], list[float]]] = {}
    for query, session in zip(top["query"], top["session_id"], strict=True):
        visit = visits.get(str(session), NOBODY).without(ever[query])
        if (query, visit) not in cache:
            answer = answers[query]
            cache[query, visit] = (
                [_first(strategy.rank(answer, visit), ever[query]) for strategy in strategies],
                list(features(query, answer, visit).values()),
            )
        products, context = cache[query, visit]
        chosen.append(products)
        contexts.append(context)
    look = model.examination[0]
    chances = [
        look * model.attractive(query, [seen, *products])
        for query, seen, products in zip(top["query"], top["product_id"], chosen, strict=True)
    ]
    table = np.array(chances)
    return FirstPlaces(
        contexts=np.array(contexts),
        shown=codes,
        actions=np.array([[number[name] for name in products] for products in chosen]),
        propensity=propensity.to_numpy(dtype=float),
        reward=top["clicked"].to_numpy(dtype=float),
        predicted=table[:, 0],
        expected=table[:, 1:],
    )


def _first(ranked: Sequence[str], ever: set[str]) -> str:
    """The highest product that ever stood first; one of them by name where none is ranked."""
    return next((name for name in ranked if name in ever), min(ever))
