"""The page of duels in both languages: blind lists, votes, the standing, and what it gives."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.duel.duel import Match, Side
from engine.duel.store import DuelStore
from engine.errors import InputError
from engine.evidence.store import EvidenceStore
from engine.messages import LANGUAGES, engine_catalog
from engine.room.database import room_database
from engine.room.workshop import Stage, put_on_stage, teams_of
from engine.storage.deployments import Deployments, Evidence
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n
from tests.room_double import open_two_teams
from tests.runs_double import make_run, make_trained
from tests.shop_double import HOSTILE, FakeModels, clean, open_page, said_on, small_shop


def press(app: AppTest, key: str) -> AppTest:
    return clean(app.button(key=key).click().run())


def text(code: str, language: str, **values: object) -> str:
    return i18n.catalog().say(f"duel.{code}", language, **values)


def begun(shop: Workspace) -> tuple[DuelStore, str]:
    store = DuelStore(shop)
    ids = tuple(f"P{n:02}" for n in range(20))
    matches = [Match("tea", ids, ids[::-1]), Match("mug", ids, ids[::-1])]
    sides = (Side("untuned", "hybrid_untuned"), Side("untuned", "bm25_all"))
    return store, store.begin(*sides, matches).duel_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_duel_of_two_models_is_begun_with_the_logs_queries(models, language) -> None:
    shop = small_shop(language)
    make_run(shop, "search", "search-1")
    app = clean(open_page("duel", shop, language))
    assert app.title[0].value == text("title", language)
    app = press(app, "duel_begin")
    (duel,) = DuelStore(shop).duels()
    assert (duel.first, duel.second) == (
        Side("search-1", "hybrid_tuned"),
        Side("untuned", "hybrid_untuned"),
    )
    assert {ask.run for ask in models.asked if ask.verb == "predict"} == {"search-1", "untuned"}
    said = said_on(app)
    assert text("ask", language) in said and text("verdict.none", language) in said
    assert "search-1" not in said and text("sides.untuned", language) not in said
    assert app.query_params["duel"] == duel.duel_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_vote_blind_until_somebody_asks_who_is_who(models, language) -> None:
    shop = small_shop(language)
    store, duel_id = begun(shop)
    app = clean(open_page("duel", shop, language, duel=duel_id))
    choice = next(one for one in app.button if (one.key or "").startswith("prefer_"))
    app = clean(choice.click().run())
    duel = store.duel(duel_id)
    assert len(store.winners(duel, "people")) == 1
    assert text("voters", language, n=1) in said_on(app)
    assert text("done", language, done=1, total=2) in [
        bar.proto.text for bar in app.get("progress")
    ]
    assert text("sides.words", language) not in said_on(app)
    assert not [one for one in app.button if one.key == "evidence_duel"]
    app = press(app, next(b.key for b in app.button if (b.key or "").endswith("_-1")))
    assert store.winners(duel, "people")[1] == "tie"
    assert text("all_done", language) in app.success[0].value
    app = press(app, "duel_unmask")
    assert text("sides.words", language) in said_on(app)
    app = press(app, "evidence_duel")
    (citation,) = EvidenceStore(shop).citations()
    assert (citation.kind, citation.page, citation.n) == ("comparison", "duel", 1)


@pytest.fixture
def teams(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[Workspace]:
    """The shops of two teams in one workshop, one with a name that is hostile."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    shops = open_two_teams()
    with room_database() as database:
        database.execute("UPDATE teams SET name = ? WHERE name = 'Team 2'", (HOSTILE,))
    return shops


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_teams_promoted_run_is_met_and_both_teams_see_the_verdict(
    models: FakeModels, teams: list[Workspace], language: str
) -> None:
    one, other = teams
    app = clean(open_page("duel", one, language))
    assert text("opponents.none_shown", language, team=HOSTILE) in said_on(app)
    run = make_trained(other, "search", "search-20261128-1a2b")
    evidence = Evidence("hybrid_tuned", "ndcg@10", 0.5, "bm25", 0.1, 0.05, 0.15, "better")
    Deployments(other).promote("search", run.run_id, evidence, "Ada")
    app = clean(open_page("duel", one, language))
    assert text("opponents.none_shown", language, team=HOSTILE) not in said_on(app)
    theirs = app.selectbox(key="duel_first")
    assert len([label for label in theirs.options if HOSTILE in label and "1a2b" in label]) == 1
    shown = "".join([said_on(app), *theirs.options])
    app.selectbox(key="duel_first").set_value(Side(run.run_id, team=HOSTILE))
    app = press(clean(app.run()), "duel_begin")
    (duel,) = DuelStore(one).duels()
    assert duel.first == Side(run.run_id, "hybrid_tuned", HOSTILE)
    assert {ask.run for ask in models.asked if ask.verb == "predict"} == {run.run_id, "untuned"}
    app = press(app, next(b.key for b in app.button if (b.key or "").startswith("prefer_")))
    app = press(app, "duel_unmask")
    assert text("sides.of_team", language, team=HOSTILE, run="1a2b") in said_on(app)
    shown += said_on(app)
    assert not [secret for secret in (other.name, other.key, other.title) if secret in shown]
    app = press(app, "evidence_duel")
    (citation,) = EvidenceStore(one).citations()
    assert citation.runs == () and HOSTILE in (citation.system + citation.against)

    app = clean(open_page("duel", other, language))
    own = text("sides.own", language, run="1a2b")
    assert text("challenges.title", language) in [one.value for one in app.subheader]
    assert own in app.info[0].value.replace("\\", "")
    assert not [match.query for match in duel.matches if match.query in app.info[0].value]
    assert one.name not in said_on(app) and one.key not in said_on(app)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_opponent_that_is_gone_when_the_duel_begins_is_told_of(
    models: FakeModels, teams: list[Workspace], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = teams
    run = make_trained(other, "search", "search-1")
    team = teams_of(one.workshop)[1].team_id
    put_on_stage(one.workshop, Stage("result", team, run.run_id))
    app = clean(open_page("duel", one, language))
    app.selectbox(key="duel_first").set_value(Side(run.run_id, team=HOSTILE))
    app = clean(app.run())

    def gone(*_: object) -> None:
        raise InputError("room.opponent_gone", team=HOSTILE)

    monkeypatch.setattr("pages.ui.duel.start.rank", gone)
    app = press(app, "duel_begin")
    refusal = engine_catalog().say("room.opponent_gone", language, team=HOSTILE)
    assert refusal in said_on(app) and not DuelStore(one).duels()


def test_queries_of_ones_own_and_sides_that_are_the_same(models) -> None:
    shop = small_shop("en")
    app = clean(open_page("duel", shop))
    app.text_area(key="duel_queries").set_value("teapot\n\n teapot \nrain jacket")
    app = clean(app.run())
    first = app.selectbox(key="duel_first")
    assert len(first.options) == 2
    app.selectbox(key="duel_second").set_value(first.value)
    app = clean(app.run())
    assert app.button(key="duel_begin").disabled
    app.selectbox(key="duel_second").set_value(Side("untuned", "bm25_all"))
    app = press(clean(app.run()), "duel_begin")
    (duel,) = DuelStore(shop).duels()
    assert [match.query for match in duel.matches] == ["teapot", "rain jacket"]


def test_simulated_shoppers_need_a_log_that_says_what_was_shown(models) -> None:
    shop = small_shop("en")
    _, duel_id = begun(shop)
    app = press(clean(open_page("duel", shop, duel=duel_id)), "duel_simulate")
    assert "50" in app.error[0].value


def test_a_duel_that_is_gone_is_told_of(models) -> None:
    app = clean(open_page("duel", small_shop("en"), duel="nobody"))
    assert "does not exist" in app.error[0].value.replace("\\", "")
