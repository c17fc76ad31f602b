"""Another team's model as the opponent in a duel.

Nothing of another team's shop is seen but the order in which its model ranks products for a query,
and only of a run that the team has promoted or the facilitator has put on the stage. Its ids mean
the same products only in the same catalog.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cachetools import LRUCache, cached

from engine.duel.duel import DEPTH, Duel, Side, Standing, stand
from engine.duel.store import DuelStore
from engine.duel.team_draft import Winner
from engine.errors import InputError, ShoplabError
from engine.room.workshop import Team, Workshop, teams_of, workshop_by_id
from engine.serving import client
from engine.serving.question import Question
from engine.settings import home
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED, Run, list_runs
from engine.storage.workspace import Workspace
from engine.tables.tables import frame_fingerprint
from engine.tasks.search.answers import PREDICT, SearchInput

TASK = "search"
SECONDS = 180
# Why no run of a team can be met.
Reason = Literal["", "none_shown", "other_catalog", "gone"]


@dataclass(frozen=True)
class Opponent:
    """Another team of the workshop: the runs of search that may be met, or why there are none."""

    team: str
    runs: tuple[Run, ...] = ()
    reason: Reason = ""


@dataclass(frozen=True)
class Challenge:
    """A duel that `team` began with a run of this one, told without its queries.

    `run` is this team's run, `rival` what it met. In `people` and `simulated` the first side is
    this team's.
    """

    team: str
    created: float
    run: str
    rival: Side
    people: Standing
    simulated: Standing


def opponents(workspace: Workspace) -> tuple[Opponent, ...]:
    """The other teams of this team's open workshop; empty for a shop that is in none."""
    workshop, _, others = _room(workspace)
    if workshop is None:
        return ()
    return tuple(_opponent(workspace, workshop, team) for team in others)


def rank(
    workspace: Workspace, team: str, run_id: str, queries: Sequence[str]
) -> tuple[str, list[tuple[str, ...]]]:
    """The system of another team's run, and its product ids for each query, best first.

    Raises InputError `room.opponent_gone` for a run that may not be met any more, and ShoplabError
    `room.opponent_silent` where its model does not answer: its own words could name that shop.
    """
    workshop, _, others = _room(workspace)
    rival = next((one for one in others if one.name == team), None)
    runs = _opponent(workspace, workshop, rival).runs if workshop and rival else ()
    if rival is None or run_id not in {run.run_id for run in runs}:
        raise InputError("room.opponent_gone", team=team)
    items = [SearchInput(query, DEPTH) for query in queries]
    try:
        question = Question(rival.workspace, PREDICT, items, run_id, background=True)
        answers, _ = client.ask_patiently(question, SECONDS)
    except ShoplabError:
        raise ShoplabError("room.opponent_silent", team=team) from None
    return answers[0].system, [
        tuple(name for name, _ in answer.systems[answer.system]) for answer in answers
    ]


def challenges(workspace: Workspace) -> tuple[Challenge, ...]:
    """The duels that other teams began with a run of this one, newest first."""
    _, own, others = _room(workspace)
    if own is None:
        return ()
    stores = {team.name: DuelStore(shop) for team in others if (shop := _shop(team)) is not None}
    begun = [
        _challenge(store, team, duel, own.name)
        for team, store in stores.items()
        for duel in store.duels()
        if own.name in (duel.first.team, duel.second.team)
    ]
    return tuple(sorted(begun, key=lambda one: one.created, reverse=True))


def _room(workspace: Workspace) -> tuple[Workshop | None, Team | None, tuple[Team, ...]]:
    """The open workshop of a workspace with its own team and the others."""
    workshop = workshop_by_id(workspace.workshop)
    teams = teams_of(workshop.workshop_id) if workshop and workshop.closed is None else ()
    own = next((team for team in teams if team.workspace == workspace.name), None)
    if own is None:
        return None, None, ()
    return workshop, own, tuple(team for team in teams if team != own)


def _shop(team: Team) -> Workspace | None:
    return Workspace.read(home() / "workspaces" / team.workspace)


def _opponent(workspace: Workspace, workshop: Workshop, team: Team) -> Opponent:
    shop = _shop(team)
    if shop is None:
        return Opponent(team.name, reason="gone")
    shown = {Deployments(shop).current(TASK)} - {UNTUNED}
    stage = workshop.stage
    if stage.view == "result" and stage.team_id == team.team_id:
        shown.add(stage.item)
    runs = tuple(
        run
        for run in list_runs(shop, TASK)
        if run.run_id in shown and (shop.folder / "runs" / run.run_id / "bundle").is_dir()
    )
    if not runs:
        return Opponent(team.name, reason="none_shown")
    if _catalog(shop) != _catalog(workspace):
        return Opponent(team.name, reason="other_catalog")
    return Opponent(team.name, runs)


def _challenge(store: DuelStore, team: str, duel: Duel, own: str) -> Challenge:
    is_first = duel.first.team == own
    mine, rival = (duel.first, duel.second) if is_first else (duel.second, duel.first)
    turned: dict[Winner, Winner] = {"first": "second", "second": "first", "tie": "tie"}

    def standing(winners: Sequence[Winner]) -> Standing:
        return stand(winners if is_first else [turned[one] for one in winners])

    return Challenge(
        team,
        duel.created,
        mine.run,
        rival,
        standing(store.winners(duel, "people")),
        standing(store.winners(duel, "simulated")),
    )


def _catalog(workspace: Workspace) -> str:
    """The fingerprint of a shop's products."""
    stamp = f"{workspace.folder}:{workspace.generation}:{workspace.language}"
    return _fingerprint(_mark(workspace, stamp), workspace)


# Reads every table's bytes, which a page must not do for each team at each click.
@cached(LRUCache(256), key=lambda workspace, stamp: stamp)
def _mark(workspace: Workspace, stamp: str) -> str:
    return workspace.tables_mark()


# Teams begin with the same tables: they are read once for all.
@cached(LRUCache(256), key=lambda mark, workspace: mark)
def _fingerprint(mark: str, workspace: Workspace) -> str:
    return frame_fingerprint(workspace.tables().products)
