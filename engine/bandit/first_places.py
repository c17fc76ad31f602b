"""The uploaded log as an experiment: which product stood first, and whether it was clicked.

A log says nothing about strategies, but a shop whose first place changes has tried things out: for
the same query, different products stood on top. How often each did is its propensity, and a
strategy is judged by the product it would have put there.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.bandit.arms import Strategy
from engine.bandit.bandit_log import FEWEST_LISTS, BanditLog
from engine.bandit.click_model import ClickModel
from engine.bandit.context import context_vector, read_context
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import NOBODY, Visit
from engine.errors import InputError


def log_of_first_places(
    shown: pd.DataFrame,
    model: ClickModel,
    rankings: Mapping[str, SystemRankings],
    strategies: Sequence[Strategy],
    visits: Mapping[str, Visit],
) -> BanditLog:
    """The first places of the queries of `rankings`; arguments as those of `build_simulator`.

    What is shown is a product, and the reward a click on it. A strategy may only choose among
    products that stood first at least once, since the log knows nothing of others. Queries whose
    first place never changed are left out. Raises InputError where fewer than 30 lists are left.
    """
    top = shown[shown["query"].isin(rankings) & (shown["place"] == 0)]
    different = top.groupby("query")["product_id"].nunique()
    top = top[top["query"].map(different) > 1].sort_values("time", kind="stable")
    if len(top) < FEWEST_LISTS:
        raise InputError("strategy.first_place_fixed", want=FEWEST_LISTS)
    times = top.groupby(["query", "product_id"])["clicked"].transform("size")
    propensity = times / top.groupby("query")["clicked"].transform("size")
    ever_first = {query: set(names) for query, names in top.groupby("query")["product_id"]}
    choices: list[list[str]] = []
    contexts = []
    cache: dict[tuple[str, Visit], tuple[list[str], dict[str, float]]] = {}
    for query, session in zip(top["query"], top["session_id"], strict=True):
        visit = visits.get(str(session), NOBODY).without(ever_first[query])
        if (query, visit) not in cache:
            lists = [strategy.rank(rankings[query], visit) for strategy in strategies]
            cache[query, visit] = (
                [_first(products, ever_first[query]) for products in lists],
                read_context(query, rankings[query], visit),
            )
        products, context = cache[query, visit]
        choices.append(products)
        contexts.append(context_vector(context))
    codes, names = pd.factorize(top["product_id"])
    number = {name: code for code, name in enumerate(names)}
    clicks = model.examination[0] * np.array(
        [
            model.attractiveness(query, [product, *products])
            for query, product, products in zip(
                top["query"], top["product_id"], choices, strict=True
            )
        ]
    )
    return BanditLog(
        contexts=np.array(contexts),
        shown=codes,
        actions=np.array([[number[name] for name in products] for products in choices]),
        propensity=propensity.to_numpy(dtype=float),
        reward=top["clicked"].to_numpy(dtype=float),
        predicted=clicks[:, 0],
        expected=clicks[:, 1:],
    )


def _first(products: Sequence[str], ever_first: set[str]) -> str:
    """The highest product that ever stood first; the first by name where none is in the list."""
    return next((name for name in products if name in ever_first), min(ever_first))
