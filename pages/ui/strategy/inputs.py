"""The simulated crowd of a shop, mined once from its log and shared by everybody who looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from engine.bandit.arms import Visit
from engine.bandit.attractiveness import inform
from engine.bandit.click_model import (
    Check,
    ClickModel,
    check,
    fit,
    read_impressions,
    read_visits,
)
from engine.bandit.policies import make_policy
from engine.bandit.simulator import (
    Course,
    Crowd,
    crowd_queries,
    mine,
    simulate,
    success_rates,
)
from engine.storage.workspace import Workspace
from engine.tasks.search.answers import PREDICT, SearchAnswer, SearchInput
from pages.ui.frame import session
from pages.ui.parts import answers
from pages.ui.strategy.setup import Setup
from pages.ui.strategy.shoppers import histories

QUERIES, LENGTH, DEPTH = 100, 10, 100


@dataclass(frozen=True)
class World:
    """The log's lists for its frequent queries, the models' answers, and how shoppers click."""

    shown: pd.DataFrame
    answers: Mapping[str, SearchAnswer]
    visits: Mapping[str, Visit]
    model: ClickModel
    check: Check


def open_world(setup: Setup) -> World | None:
    """The shop's world; None after an error of the models was shown.

    Raises InputError for a log that says too little.
    """
    shown, queries = _lists(setup.current)
    items = [SearchInput(query, DEPTH) for query in queries]
    found = answers.ask_all(setup.current, PREDICT, items, setup.run_id)
    if found is None:
        return None
    return _world(setup.current, setup.run_id, setup, shown, dict(zip(queries, found, strict=True)))


def open_crowd(setup: Setup, world: World) -> Crowd:
    """The crowd of the world; what counts as a success is the setup's goal."""
    return _crowd(setup.current, setup.run_id, setup.goal, setup, world)


def open_course(setup: Setup, crowd: Crowd, policy: str, lists: int, seed: int) -> Course:
    """What `policy` lived through with the crowd."""
    how = (setup.run_id, setup.goal, policy, setup.least, lists, seed)
    return _course(setup.current, how, crowd)


@session.per_shop(8)
def _lists(current: Workspace) -> tuple[pd.DataFrame, list[str]]:
    shown = read_impressions(session.tables(current).searches)
    queries = crowd_queries(shown, QUERIES)
    return shown[shown["query"].isin(queries)], queries


@session.per_shop(8)
def _world(
    current: Workspace,
    run_id: str,
    _setup: Setup,
    _shown: pd.DataFrame,
    _answers: Mapping[str, SearchAnswer],
) -> World:
    visits = read_visits(_shown, histories(current))

    def learn(rows: pd.DataFrame) -> ClickModel:
        return inform(fit(rows), rows, _answers, _setup.shelf, visits)

    return World(_shown, _answers, visits, learn(_shown), check(_shown, learn, visits))


@session.per_shop()
def _crowd(current: Workspace, run_id: str, goal: str, _setup: Setup, _world: World) -> Crowd:
    rate = success_rates(session.tables(current).searches)[goal]
    return mine(
        _world.shown, _world.model, _world.answers, _setup.strategies, _world.visits,
        length=LENGTH, rate=rate,
    )  # fmt: skip


@session.per_shop(256)
def _course(current: Workspace, how: tuple[Any, ...], _served: Crowd) -> Course:
    _, _, policy, least, lists, seed = how
    arms, features = _served.worth.shape[1], _served.contexts.shape[1]
    return simulate(_served, make_policy(policy, arms, features), lists, seed, least)
