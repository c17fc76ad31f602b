"""Another team's run in a duel: which may be met, why others may not, and what each team sees."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.duel.cite import cite_duel
from engine.duel.duel import Match, Side, stand
from engine.duel.store import DuelStore
from engine.errors import InputError, ShoplabError
from engine.evidence.ledger import state
from engine.evidence.words import say_citation
from engine.room.opponents import Opponent, challenges, opponents, rank
from engine.room.workshop import Stage, close_workshop, put_on_stage, teams_of
from engine.serving import client
from engine.storage.deployments import Deployments, Evidence
from engine.storage.workspace import Workspace
from tests.room_double import open_two_teams
from tests.runs_double import make_trained
from tests.shop_double import FakeModels, whole

EVIDENCE = Evidence("hybrid_tuned", "ndcg@10", 0.5, "bm25", 0.1, 0.05, 0.15, "better")


@pytest.fixture
def teams(home: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[Workspace]:
    """The shops of two teams in one workshop."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    return open_two_teams()


def promote(shop: Workspace, run_id: str) -> None:
    make_trained(shop, "search", run_id)
    Deployments(shop).promote("search", run_id, EVIDENCE, "Ada")


def reason(shop: Workspace) -> str:
    (other,) = opponents(shop)
    assert not other.runs
    return other.reason


def test_only_what_a_team_promoted_or_the_stage_shows_may_be_met(
    teams: Sequence[Workspace],
) -> None:
    one, other = teams
    make_trained(other, "search", "search-1")
    assert reason(one) == "none_shown"
    team = teams_of(one.workshop)[1].team_id
    put_on_stage(one.workshop, Stage("result", team, "search-1"))
    assert [run.run_id for run in opponents(one)[0].runs] == ["search-1"]
    put_on_stage(one.workshop, Stage())
    assert reason(one) == "none_shown"
    promote(other, "search-2")
    (opponent,) = opponents(one)
    assert (opponent.team, [run.run_id for run in opponent.runs]) == ("Team 2", ["search-2"])
    Deployments(other).rollback("search", "Ada")
    assert reason(one) == "none_shown"
    assert reason(other) == "none_shown"


def test_catalogs_must_be_the_same_and_other_tables_need_not(teams: Sequence[Workspace]) -> None:
    one, other = teams
    promote(other, "search-1")
    tables = other.tables()
    other.replace_tables({"searches": whole("searches", tables.searches.head(3))}, {})
    assert opponents(one)[0].runs
    fewer = tables.products.head(20)
    other.replace_tables({"products": whole("products", fewer)}, {})
    assert reason(one) == "other_catalog"
    other.replace_tables({"products": whole("products", tables.products)}, {})
    assert opponents(one)[0].runs


def test_a_shop_in_no_room_and_one_whose_room_is_closed_meet_nobody(
    teams: Sequence[Workspace],
) -> None:
    one, other = teams
    promote(other, "search-1")
    assert opponents(Workspace.create("alone")) == challenges(Workspace.open("alone")) == ()
    # A prepared shop, of which the teams have copies, is no team's.
    assert opponents(Workspace.open("shop")) == ()
    close_workshop(one.workshop)
    assert opponents(one) == ()


def test_a_run_that_is_gone_meanwhile_is_refused_and_a_begun_duel_goes_on(
    teams: Sequence[Workspace], models: FakeModels
) -> None:
    one, other = teams
    promote(other, "search-1")
    system, rankings = rank(one, "Team 2", "search-1", ["rain jacket", "teapot"])
    assert system == "hybrid_tuned" and [len(ranking) for ranking in rankings] == [20, 20]
    assert [(ask.run, ask.verb) for ask in models.asked] == [("search-1", "predict")]
    matches = [Match("rain jacket", rankings[0][::-1], rankings[0])]
    theirs = Side("search-1", system, "Team 2")
    duel = DuelStore(one).begin(Side("untuned", "bm25_all"), theirs, matches)
    shutil.rmtree(other.folder / "runs" / "search-1")
    with pytest.raises(InputError) as error:
        rank(one, "Team 2", "search-1", ["teapot"])
    assert error.value.code == "room.opponent_gone"
    assert DuelStore(one).duel(duel.duel_id) == duel
    DuelStore(one).vote(duel, 0, "ada", [duel.mixed(0, "ada").products[0]])
    assert len(DuelStore(one).winners(duel, "people")) == 1
    shutil.rmtree(other.folder)
    assert opponents(one) == (Opponent("Team 2", reason="gone"),)
    assert challenges(one) == ()


def test_an_error_of_the_other_shop_does_not_name_it(
    teams: Sequence[Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = teams
    promote(other, "search-1")

    def fail(*_: object) -> None:
        raise InputError("workspace.unknown", name=other.name)

    monkeypatch.setattr(client, "ask", fail)
    with pytest.raises(ShoplabError) as error:
        rank(one, "Team 2", "search-1", ["teapot"])
    assert error.value.code == "room.opponent_silent"
    assert other.name not in str(error.value)
    assert error.value.__cause__ is None


def test_a_citation_says_whose_run_it_was_and_rests_on_the_own_shop(
    teams: Sequence[Workspace],
) -> None:
    one, other = teams
    make_trained(one, "search", "search-1")
    sides = Side("search-1", "hybrid_tuned"), Side("search-2", "hybrid_tuned", "Team 2")
    duel = DuelStore(one).begin(*sides, [Match("x", ("P01",), ("P02",))])
    citation = cite_duel(duel, stand(["first"] * 40), "people")
    assert citation.runs == ("search-1",) and state(one, citation).valid
    assert "(Team 2)" in say_citation(citation, "en")
    assert "（Team 2）" in say_citation(citation, "zh")
    assert other.name not in str(citation) and other.key not in str(citation)


def test_teams_that_share_a_run_cannot_let_it_meet_itself(teams: Sequence[Workspace]) -> None:
    sides = Side("search-1", "hybrid_tuned"), Side("search-1", "hybrid_tuned", "Team 2")
    with pytest.raises(InputError) as error:
        DuelStore(teams[0]).begin(*sides, [Match("x", ("P01",), ("P02",))])
    assert error.value.code == "duel.same_side"


def test_the_other_team_sees_the_verdict_from_its_own_side(teams: Sequence[Workspace]) -> None:
    one, other = teams
    sides = Side("search-1", "hybrid_tuned"), Side("search-2", "hybrid_tuned", "Team 2")
    store = DuelStore(one)
    duel = store.begin(*sides, [Match("a secret query", ("P01",), ("P02",))])
    store.add_simulated(duel, [(0, ["P01"], "first")] * 30)
    DuelStore(one).begin(Side("untuned"), sides[0], duel.matches)
    (challenge,) = challenges(other)
    assert (challenge.team, challenge.run) == ("Team 1", "search-2")
    assert challenge.simulated.verdict == "second" and challenge.people.verdict == "none"
    assert "secret" not in str(challenge)
    assert challenges(one) == ()
