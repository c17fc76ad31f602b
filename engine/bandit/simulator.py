"""A simulated crowd of shoppers, mined from the uploaded log: what a policy would live through.

The crowd asks the log's queries as often as the log does, and clicks by the click model fitted on
the log; what it thinks of a product that the log never showed for a query is a guess from what made
others attractive. This is a simulation: it shows how a policy learns, not what a shop will earn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.bandit.arms import NOBODY, Strategy, Visit
from engine.bandit.click_model import ClickModel
from engine.bandit.context import features
from engine.bandit.policies import Policy, guarantee
from engine.errors import InputError
from engine.storage.feedback import GOALS
from engine.tasks.search.answers import SearchAnswer

Array = NDArray[np.float64]

LEAST_PRODUCTS = 5
FEWEST_QUERIES = 5


@dataclass(frozen=True)
class Crowd:
    """Visits that come again and again.

    `share` (visits,) is how often each comes, sum 1. `worth` (visits, arms) is the true chance that
    each strategy's list succeeds there, `contexts` (visits, features) what a policy is told.
    `guessed` (arms,) is the share of each strategy's products that the log never showed for the
    query.
    """

    queries: Sequence[str]
    share: Array
    worth: Array
    contexts: Array
    guessed: Array

    @property
    def best(self) -> int:
        """The single strategy that earns most, were it shown to everybody."""
        return int((self.share @ self.worth).argmax())


def crowd_queries(shown: pd.DataFrame, most: int) -> list[str]:
    """The `most` frequent queries of a log that a crowd can be mined from.

    `shown` is that of `read_impressions`. Raises InputError where there are too few.
    """
    products = shown.groupby("query")["product_id"].nunique()
    searches = shown.drop_duplicates(["session_id", "query"])["query"].value_counts()
    known = [str(query) for query in searches.index if products[query] >= LEAST_PRODUCTS][:most]
    if len(known) < FEWEST_QUERIES:
        raise InputError("strategy.no_crowd", want=FEWEST_QUERIES, products=LEAST_PRODUCTS)
    return known


def success_rates(searches: pd.DataFrame) -> dict[str, float]:
    """By goal, the log's chance that a click becomes a success of that kind."""
    events = searches["event"].value_counts()
    clicks = max(int(events.get("click", 0)), 1)
    bought = int(events.get("purchase", 0))
    carts = max(int(events.get("add_to_cart", 0)), bought)
    return {
        "any": 1.0, "cart": min(carts / clicks, 1.0), "purchase": min(bought / clicks, 1.0),
    }  # fmt: skip


def list_worth(
    model: ClickModel, query: str, products: Sequence[str], visit: Visit, rate: float = 1.0
) -> float:
    """The chance that a list succeeds: 1 - Π(1 - P(click at k) · rate), clicks independent."""
    return float(1 - np.prod(1 - model.clicks(query, products, visit) * rate))


def mine(
    shown: pd.DataFrame,
    model: ClickModel,
    answers: Mapping[str, SearchAnswer],
    strategies: Sequence[Strategy],
    visits: Mapping[str, Visit],
    *,
    length: int,
    rate: float = 1.0,
) -> Crowd:
    """The crowd of a log.

    `answers` are the search models' by query of `crowd_queries`; a list has `length` products.
    `visits` are those of `read_visits`: each query comes with a shopper who asked it. `rate` is
    that of `success_rates` for the goal.
    """
    asked = shown[shown["query"].isin(answers)].drop_duplicates(["session_id", "query"])
    counts = asked["query"].value_counts()
    first = asked.drop_duplicates("query").set_index("query")["session_id"]
    known = shown.groupby("query")["product_id"].agg(frozenset)
    queries = [query for query in answers if query in counts.index]
    worth, contexts, guessed = [], [], []
    for query in queries:
        visit = visits.get(str(first[query]), NOBODY).without(known[query])
        lists = [strategy.rank(answers[query], visit)[:length] for strategy in strategies]
        worth.append([list_worth(model, query, products, visit, rate) for products in lists])
        guessed.append(
            [len(set(products) - known[query]) / max(len(products), 1) for products in lists]
        )
        contexts.append(list(features(query, answers[query], visit).values()))
    times = counts[queries].to_numpy(dtype=np.float64)
    share: Array = times / times.sum()
    return Crowd(queries, share, np.array(worth), np.array(contexts), share @ np.array(guessed))


@dataclass(frozen=True)
class Course:
    """What a policy lived through, one entry per list.

    `visit` and `arm` are numbers, `probabilities` (lists, arms) those the arm was drawn from,
    `reward` 0 or 1, and `regret` the chance of success given away against always showing the best
    single strategy; it can be below 0 where a policy knows better which visit wants what.
    """

    visit: NDArray[np.intp]
    arm: NDArray[np.intp]
    probabilities: Array
    reward: Array
    regret: Array

    @property
    def propensity(self) -> Array:
        """The probability of each list's strategy."""
        return self.probabilities[np.arange(len(self.arm)), self.arm]


def simulate(crowd: Crowd, policy: Policy, lists: int, seed: int, least: float = 0.0) -> Course:
    """Let the crowd come for `lists` lists, each strategy with at least its part of `least`.

    The visits of a seed and whether a list of a given worth succeeds are the same for every policy
    (common random numbers), so that differences are the policies'.
    """
    visits_rng, luck_rng, choice_rng = np.random.default_rng(seed).spawn(3)
    visit = visits_rng.choice(len(crowd.share), size=lists, p=crowd.share)
    luck, pick = luck_rng.random(lists), choice_rng.random(lists)
    arms = crowd.worth.shape[1]
    arm, reward = np.empty(lists, dtype=np.intp), np.empty(lists)
    probabilities = np.empty((lists, arms))
    for n in range(lists):
        x = crowd.contexts[visit[n]]
        probabilities[n] = guarantee(policy.probabilities(x), least)
        arm[n] = min(int(np.searchsorted(probabilities[n].cumsum(), pick[n])), arms - 1)
        reward[n] = float(luck[n] < crowd.worth[visit[n], arm[n]])
        policy.update(int(arm[n]), reward[n], x)
    worth = crowd.worth[visit]
    regret = worth[:, crowd.best] - worth[np.arange(lists), arm]
    return Course(visit, arm, probabilities, reward, regret)


def read_histories(searches: pd.DataFrame) -> dict[str, list[tuple[str, str]]]:
    """What each shopper of the log clicked, put in the basket and bought, by `user_id`."""
    acted = searches[searches["event"].isin(GOALS["any"]) & searches["product_id"].notna()]
    acted = acted.dropna(subset="user_id").sort_values("time", kind="stable")
    histories: dict[str, list[tuple[str, str]]] = {}
    for user, product, event in acted[["user_id", "product_id", "event"]].itertuples(index=False):
        histories.setdefault(str(user), []).append((str(product), str(event)))
    return histories
