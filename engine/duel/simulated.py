"""Simulated shoppers vote in a duel: they click as the shop's log says that shoppers click.

Each list is searched for as often as its query in the log. What shoppers think of a product that
the log never showed for a query is the click model's prior alone, which favours neither side but
cannot reward a find either: a duel with people says more.
"""

from collections.abc import Sequence

import numpy as np

from engine.bandit.click_model import ClickModel, fit_click_model
from engine.bandit.impressions import read_impressions
from engine.duel.duel import Duel
from engine.duel.team_draft import Winner, winner
from engine.tables.tables import Tables, derived
from engine.tables.texts import normalise_texts
from engine.text.words import normalise

MOST = 1_000


@derived
def shop_clicks(tables: Tables) -> ClickModel:
    """How shoppers of the log click. Raises InputError for a log that says too little."""
    return fit_click_model(read_impressions(tables.searches))


def simulate(
    duel: Duel, tables: Tables, lists: int, seed: int
) -> list[tuple[int, Sequence[str], Winner]]:
    """`lists` lists with what was clicked in each, at most `MOST`: query, clicks, winner.

    Raises InputError for a log that says too little.
    """
    return tables.work_out(_simulate, duel, lists, seed)


def _simulate(
    tables: Tables, duel: Duel, lists: int, seed: int
) -> list[tuple[int, Sequence[str], Winner]]:
    model, rng = shop_clicks(tables), np.random.default_rng(seed)
    log = tables.columns("searches", "query")["query"].dropna()
    counts = normalise_texts(log).value_counts()
    queries = [normalise(match.query) for match in duel.matches]
    weights = np.array([max(int(counts.get(query, 0)), 1) for query in queries], dtype=float)
    votes: list[tuple[int, Sequence[str], Winner]] = []
    for shopper in range(min(lists, MOST)):
        number = int(rng.choice(len(queries), p=weights / weights.sum()))
        mixed = duel.mixed(number, f"simulated-{seed}-{shopper}")
        chances = model.click_probabilities(queries[number], mixed.products)
        clicks = rng.random(len(chances)) < chances
        clicked = [name for name, click in zip(mixed.products, clicks, strict=True) if click]
        votes.append((number, clicked, winner(mixed, clicked)))
    return votes
