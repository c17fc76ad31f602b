"""Simulated shoppers, learned from the uploaded log: what a policy would live through with them.

They search for the log's queries as often as the log does, and click by the click model fitted to
the log. For a product that the log never showed for a query, that model's prior predicts what they
think of it. This is a simulation: it shows how a policy learns, not what a shop will earn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arms import Strategy
from engine.bandit.arrays import Floats, Integers
from engine.bandit.click_model import ClickModel
from engine.bandit.context import context_vector, read_context
from engine.bandit.impressions import read_impressions
from engine.bandit.policies import Policy, explore
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import NOBODY, Visit
from engine.errors import InputError
from engine.tables.tables import Tables, summary

LEAST_PRODUCTS = 5
FEWEST_QUERIES = 5
# How many queries a simulation is about, and of how many shown products of the log it learns: what
# is fitted to them takes seconds.
QUERIES = 100
MOST_ROWS = 200_000


@dataclass(frozen=True)
class Simulator:
    """Visits that come again and again, each with one query.

    `share` (visits,) is how often each comes, sum 1. `success` (visits, arms) is the true
    probability that each strategy's list succeeds there, `contexts` (visits, features) what a
    policy knows. `unseen` (arms,) is the share of each strategy's products that the log never
    showed for the query.
    """

    queries: Sequence[str]
    share: Floats
    success: Floats
    contexts: Floats
    unseen: Floats

    @property
    def success_by_arm(self) -> Floats:
        """The true success rate of each strategy, were it shown to everybody."""
        rates: Floats = self.share @ self.success
        return rates

    @property
    def best_arm(self) -> int:
        """The number of the strategy with the highest success rate."""
        return int(self.success_by_arm.argmax())


@dataclass(frozen=True)
class Rollout:
    """What a policy lived through in a simulation, one entry per list.

    `visit` and `arm` are numbers, `probabilities` (lists, arms) those the arm was drawn from,
    `reward` 0 or 1. `regret` is the probability of success lost against always showing the best
    single strategy; it is below 0 where a policy knows better what a visit wants.
    """

    visit: Integers
    arm: Integers
    probabilities: Floats
    reward: Floats
    regret: Floats

    @property
    def propensity(self) -> Floats:
        """The probability of each list's strategy."""
        return self.probabilities[np.arange(len(self.arm)), self.arm]


def frequent_queries(shown: pd.DataFrame, most: int) -> list[str]:
    """The `most` frequent queries in the rows of `read_impressions` that can be simulated.

    For each the log showed enough products. Raises InputError where there are too few queries.
    """
    products = shown.groupby("query")["product_id"].nunique()
    searches = shown.drop_duplicates(["session_id", "query"])["query"].value_counts()
    queries = [str(query) for query in searches.index if products[query] >= LEAST_PRODUCTS][:most]
    if len(queries) < FEWEST_QUERIES:
        raise InputError("strategy.no_crowd", want=FEWEST_QUERIES, products=LEAST_PRODUCTS)
    return queries


@summary
def frequent_lists(tables: Tables) -> pd.DataFrame:
    """The rows of `read_impressions` for the log's `QUERIES` most frequent queries.

    Of more than `MOST_ROWS` rows, those of the latest sessions. Raises InputError for a log that
    says too little.
    """
    shown = read_impressions(tables["searches"])
    shown = shown[shown["query"].isin(frequent_queries(shown, QUERIES))]
    if len(shown) > MOST_ROWS:
        sizes = shown.groupby("session_id").agg(time=("time", "max"), rows=("place", "size"))
        newest = sizes.sort_values("time", ascending=False, kind="stable")
        latest = newest.index[newest["rows"].cumsum() <= MOST_ROWS]
        shown = shown[shown["session_id"].isin(latest)]
    return shown.reset_index(drop=True)


@summary
def conversion_rates(tables: Tables) -> dict[str, float]:
    """By goal, the share of the log's clicks that lead to a success of that kind."""
    events = tables.columns("searches", "event")["event"].value_counts()
    clicks = max(int(events.get("click", 0)), 1)
    purchases = int(events.get("purchase", 0))
    carts = max(int(events.get("add_to_cart", 0)), purchases)
    return {"any": 1.0, "cart": min(carts / clicks, 1.0), "purchase": min(purchases / clicks, 1.0)}


def list_success(
    model: ClickModel,
    query: str,
    products: Sequence[str],
    visit: Visit = NOBODY,
    conversion: float = 1.0,
) -> float:
    """The probability that a list succeeds: 1 - Π(1 - P(click at k) · conversion)."""
    clicks = model.click_probabilities(query, products, visit)
    return float(1 - np.prod(1 - clicks * conversion))


def build_simulator(
    shown: pd.DataFrame,
    model: ClickModel,
    rankings: Mapping[str, SystemRankings],
    strategies: Sequence[Strategy],
    visits: Mapping[str, Visit],
    *,
    length: int,
    conversion: float = 1.0,
) -> Simulator:
    """Simulated shoppers from the rows of `read_impressions`.

    `rankings` are the search models' for the queries of `frequent_queries`; a list has `length`
    products. Each query is searched by the first shopper of the log who did, with their visit of
    `read_visits`. `conversion` is that of `conversion_rates` for the goal.
    """
    searches = shown[shown["query"].isin(rankings)].drop_duplicates(["session_id", "query"])
    counts = searches["query"].value_counts()
    sessions = searches.drop_duplicates("query").set_index("query")["session_id"]
    logged = shown.groupby("query")["product_id"].agg(frozenset)
    queries = [query for query in rankings if query in counts.index]
    success, contexts, unseen = [], [], []
    for query in queries:
        visit = visits.get(str(sessions[query]), NOBODY).without(logged[query])
        lists = [strategy.rank(rankings[query], visit)[:length] for strategy in strategies]
        success.append(
            [list_success(model, query, products, visit, conversion) for products in lists]
        )
        unseen.append(
            [len(set(products) - logged[query]) / max(len(products), 1) for products in lists]
        )
        contexts.append(context_vector(read_context(query, rankings[query], visit)))
    times = counts[queries].to_numpy(dtype=np.float64)
    share: Floats = times / times.sum()
    return Simulator(
        queries, share, np.array(success), np.array(contexts), share @ np.array(unseen)
    )


def roll_out(
    simulator: Simulator, policy: Policy, lists: int, seed: int, exploration: float = 0.0
) -> Rollout:
    """Let a policy choose the strategy of `lists` lists and learn from each.

    In a share `exploration` of them any strategy is chosen at random. The visits of a seed, and
    whether a list with a given success rate succeeds, are the same for every policy (common random
    numbers), so that differences are the policies'.
    """
    visits_rng, luck_rng, choice_rng = np.random.default_rng(seed).spawn(3)
    visit = visits_rng.choice(len(simulator.share), size=lists, p=simulator.share)
    luck, pick = luck_rng.random(lists), choice_rng.random(lists)
    arms = simulator.success.shape[1]
    arm, reward = np.empty(lists, dtype=np.intp), np.empty(lists)
    probabilities = np.empty((lists, arms))
    for n in range(lists):
        context = simulator.contexts[visit[n]]
        probabilities[n] = explore(policy.probabilities(context), exploration)
        arm[n] = min(int(np.searchsorted(probabilities[n].cumsum(), pick[n])), arms - 1)
        reward[n] = float(luck[n] < simulator.success[visit[n], arm[n]])
        policy.update(int(arm[n]), reward[n], context)
    success = simulator.success[visit]
    regret = success[:, simulator.best_arm] - success[np.arange(lists), arm]
    return Rollout(visit, arm, probabilities, reward, regret)
