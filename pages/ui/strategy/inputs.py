"""What simulations need of a shop, computed once from its log and shared by all visitors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from engine.bandit.attractiveness import fit_prior
from engine.bandit.click_model import ClickModel, fit_click_model
from engine.bandit.live import BanditConfig
from engine.bandit.perplexity import Perplexity, measure_perplexity
from engine.bandit.policies import make_policy
from engine.bandit.simulator import (
    Rollout,
    Simulator,
    build_simulator,
    conversion_rates,
    frequent_lists,
    frequent_queries,
    roll_out,
)
from engine.bandit.system_rankings import SystemRankings, read_rankings
from engine.bandit.visits import Visit, logged_acts, read_histories, read_visits
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchInput
from pages.ui.frame import session
from pages.ui.parts import answers
from pages.ui.strategy.setup import Setup

LENGTH, DEPTH = 10, 100


@dataclass(frozen=True)
class SimulationInputs:
    """The log's lists for its frequent queries, what the search models rank, how shoppers click.

    `shown` is as of `read_impressions`, `rankings` by query, `visits` by session.
    """

    shown: pd.DataFrame
    rankings: Mapping[str, SystemRankings]
    visits: Mapping[str, Visit]
    model: ClickModel
    perplexity: Perplexity


def open_inputs(setup: Setup) -> SimulationInputs | None:
    """The shop's inputs; None after an error of the search model was shown.

    Raises InputError for a log that says too little.
    """
    shown, queries = _frequent_lists(setup.current)
    items = [SearchInput(query, DEPTH) for query in queries]
    predictions = answers.ask_all(setup.current, PREDICT, items, setup.run_id, by_page=True)
    if predictions is None:
        return None
    rankings = dict(zip(queries, map(read_rankings, predictions), strict=True))
    return _inputs(setup.current, setup.run_id, setup, shown, rankings)


def open_simulator(setup: Setup, inputs: SimulationInputs) -> Simulator:
    """The simulated shoppers; what counts as a success is the setup's goal."""
    return _simulator(setup.current, setup.run_id, setup.config.goal, setup, inputs)


def open_rollout(setup: Setup, simulator: Simulator, policy: str, lists: int, seed: int) -> Rollout:
    """What `policy` lives through in `lists` lists, exploring as the setup says."""
    config = replace(setup.config, policy=policy)
    return _rollout(setup.current, setup.run_id, config, lists, seed, simulator)


@session.per_shop(8)
def _frequent_lists(current: Workspace) -> tuple[pd.DataFrame, list[str]]:
    shown = frequent_lists(session.tables(current))
    return shown, frequent_queries(shown, len(shown))


@session.per_shop(8)
def _inputs(
    current: Workspace,
    run_id: str,
    _setup: Setup,
    _shown: pd.DataFrame,
    _rankings: Mapping[str, SystemRankings],
) -> SimulationInputs:
    acts = logged_acts(session.tables(current))
    known = acts[acts["user_id"].isin(_shown["user_id"].dropna().astype("str"))]
    visits = read_visits(_shown, read_histories(known))

    def fit(rows: pd.DataFrame) -> ClickModel:
        return fit_prior(fit_click_model(rows), rows, _rankings, _setup.similarity, visits)

    perplexity = measure_perplexity(_shown, fit, visits)
    return SimulationInputs(_shown, _rankings, visits, fit(_shown), perplexity)


@session.per_shop()
def _simulator(
    current: Workspace, run_id: str, goal: str, _setup: Setup, _inputs: SimulationInputs
) -> Simulator:
    return build_simulator(
        _inputs.shown,
        _inputs.model,
        _inputs.rankings,
        _setup.strategies,
        _inputs.visits,
        length=LENGTH,
        conversion=conversion_rates(session.tables(current))[goal],
    )


@session.per_shop(256)
def _rollout(
    current: Workspace,
    run_id: str,
    config: BanditConfig,
    lists: int,
    seed: int,
    _simulator: Simulator,
) -> Rollout:
    arms, features = _simulator.success.shape[1], _simulator.contexts.shape[1]
    policy = make_policy(config.policy, arms, features)
    return roll_out(_simulator, policy, lists, seed, config.exploration)
