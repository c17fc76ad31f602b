"""Join, room and stage in both languages, without a browser, a model or a worker."""

import re
import time
from pathlib import Path

import pytest
from streamlit.runtime.app_session import AppSession
from streamlit.testing.v1 import AppTest

from engine.course.progress import Progress
from engine.course.reader import read_exercises
from engine.host import password
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.messages import LANGUAGES, engine_catalog
from engine.room.agenda import ready_agenda
from engine.room.ballots import latest_ballot, open_ballot
from engine.room.opening import Opening, open_workshop
from engine.room.people import find_member, join, people_of, raise_hand
from engine.room.workshop import (
    Stage,
    Workshop,
    broadcast,
    put_on_stage,
    set_frozen,
    teams_of,
    workshop_by_id,
    workshop_by_token,
)
from engine.settings import PROJECT
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, polling
from pages.ui.frame.room import tab
from tests.runs_double import make_trained
from tests.shop_double import HOSTILE, clean, small_shop, texts_of
from tests.waiting import LONG

ANN, BOB = "ann-0123456789ab", "bob-0123456789ab"


@pytest.fixture(autouse=True)
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.jobs.ensure_supervisor", lambda: None)
    monkeypatch.setattr("engine.room.snapshot.LIFETIME_SECONDS", 0.0)
    monkeypatch.setenv("SHOPLAB_WORKSHOPS", "1")


def open_page(page: str, language: str, **link: str) -> AppTest:
    """The page behind a link, settled after the rerun of its guard."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    app.session_state["lang"] = language
    app.run().switch_page(f"pages/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    return clean(app.run())


def say(code: str, language: str, **params: object) -> str:
    return i18n.catalog().say(code, language, **params)


def begin(language: str) -> tuple[Workshop, str]:
    agenda = ready_agenda("ninety_minutes", language)
    slugs = [exercise.slug for exercise in read_exercises(language)]
    opening = Opening(HOSTILE, language, agenda, slugs, 2, "http://10.0.0.5:8501", small_shop())
    return open_workshop(opening)


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_join_by_code_and_come_back(language: str) -> None:
    workshop, _ = begin(language)
    first, second = teams_of(workshop.workshop_id)
    app = open_page("join", language, p=ANN)
    app.text_input(key="room_code").set_value("AAAAAA")
    clean(app.button(key="join_code_go").click().run())
    refusal = i18n.escape(engine_catalog().say("room.wrong_code", language))
    assert refusal in [error.value for error in app.error]
    spaced = f"{workshop.code[:3].lower()} {workshop.code[3:]}"
    app.text_input(key="room_code").set_value(spaced)
    clean(app.button(key="join_code_go").click().run())
    app.text_input(key="room_name").set_value(HOSTILE)
    app.radio(key="room_team").set_value(first)
    clean(app.button(key="join_name_go").click().run())
    (person,) = people_of(workshop.workshop_id)
    assert (person.team_id, len(person.name)) == (first.team_id, 40)
    assert "<img" not in re.sub(r"\\<", "", texts_of(app))
    # The same person at another tab is in the same team, in its shop and in no other.
    again = open_page("join", language, p=ANN)
    assert not again.radio
    assert again.query_params["w"] == Workspace.open(first.workspace).key
    texts = texts_of(again)
    assert i18n.escape(first.name) in texts
    assert i18n.escape(second.name) not in texts
    clean(again.button(key="raise_hand").click().run())
    assert people_of(workshop.workshop_id)[0].hand is not None
    # A second press of what the page showed before is not a press of this.
    assert again.button(key="lower_hand")
    clean(again.button(key="leave_room").click().run())
    assert find_member(ANN) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_team_sees_message_exercise_and_vote(language: str) -> None:
    workshop, _ = begin(language)
    team = teams_of(workshop.workshop_id)[0]
    join(workshop, ANN, "Ann", team.team_id)
    exercise = read_exercises(language)[0]
    Progress(Workspace.open(team.workspace)).open(exercise.slug, ANN)
    broadcast(workshop.workshop_id, HOSTILE)
    set_frozen(workshop.workshop_id, True)
    ballot = open_ballot(workshop.workshop_id, "Which?", ["A", HOSTILE])
    app = open_page("join", language, p=ANN)
    assert i18n.escape(exercise.title) in texts_of(app)
    assert i18n.escape(HOSTILE) in [info.value for info in app.info]
    assert say("room_banner.frozen", language) in [one.value for one in app.warning]
    app.radio(key=f"ballot_{ballot}").set_value(1).run()
    clean(app.button(key="cast").click().run())
    tally = latest_ballot(workshop.workshop_id)
    assert tally is not None
    assert tally.counts == (0, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_facilitator_opens_a_workshop_and_runs_it(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = small_shop(language)
    app = open_page("room", language, w=shop.key)
    app.text_input(key="opening_title").set_value("Spring")
    app.radio(key="opening_shop").set_value("current")
    app.radio(key="opening_agenda").set_value("ninety_minutes")
    app.number_input(key="opening_teams").set_value(2)
    clean(app.button(key="opening_go").click().run())
    token = app.session_state["f"]
    workshop = workshop_by_token(token)
    assert workshop is not None
    assert workshop.prepared == shop.name

    def now() -> Workshop:
        current = workshop_by_id(workshop.workshop_id)
        assert current is not None
        return current

    clean(app.button(key="room_clock").click().run())
    clean(app.button(key="room_next").click().run())
    assert now().clock.started is not None
    assert now().clock.box == 1
    clean(app.button(key="room_freeze").click().run())
    assert now().frozen
    clean(app.button(key="room_freeze").click().run())
    app.text_input(key="room_message").set_value("Vote soon")
    clean(app.button(key="room_send").click().run())
    assert now().broadcast == "Vote soon"
    # Another tab with the token is the facilitator too; without it, it is not.
    linked = open_page("room", language, f=token)
    assert linked.button(key="room_clock")
    assert "f" not in linked.query_params
    assert "room_clock" not in {one.key for one in open_page("room", language).button}
    wrong = open_page("room", language, f="wrong")
    assert say("room.opening.wrong_token", language) in [one.value for one in wrong.error]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_board_shows_who_is_stuck_first(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop, token = begin(language)
    first, second = teams_of(workshop.workshop_id)
    join(workshop, ANN, HOSTILE, first.team_id)
    join(workshop, BOB, "Bob", second.team_id)
    raise_hand(workshop.workshop_id, BOB, True)
    shop = Workspace.open(first.workspace)
    exercise = read_exercises(language)[0]
    Progress(shop).open(exercise.slug, ANN)
    make_trained(shop, "search", "search-1")
    IdeaBoard(shop).save(Card(title="An idea"))
    app = open_page("room", language, f=token)
    texts = texts_of(app)
    assert texts.index(f"**{i18n.escape(second.name)}**") < texts.index(
        f"**{i18n.escape(first.name)}**"
    )
    assert i18n.escape(exercise.title) in texts
    assert say("room.board.figures", language, done=0, runs=1, ideas=1) in texts
    assert i18n.escape(HOSTILE[:40]) in texts
    clean(app.button(key=f"helped_{second.team_id}").click().run())
    assert not any(person.hand for person in people_of(workshop.workshop_id))
    clean(app.button(key=f"stage_{first.team_id}").click().run())
    current = workshop_by_id(workshop.workshop_id)
    assert current is not None
    assert current.stage == Stage("result", first.team_id, "search-1")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("view", ["board", "share", "staging", "voting", "finish"])
def test_every_view_of_the_room_stands(language: str, view: str) -> None:
    workshop, token = begin(language)
    IdeaBoard(Workspace.open(teams_of(workshop.workshop_id)[0].workspace)).save(Card(title="X"))
    open_ballot(workshop.workshop_id, "Which?", ["A", "B"])
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    app.session_state["lang"] = language
    app.session_state["f"] = token
    app.session_state["room_view"] = say(f"room.views.{view}", language)
    app.run().switch_page("pages/room.py").run()
    texts = texts_of(clean(app))
    welcome = say("room.staging.views.welcome", language)
    expected = {
        "board": say("room.board.no_queue", language),
        "share": say("room.share.stage", language),
        "staging": say("room.staging.now", language, view=welcome),
        "voting": "Which?",
        "finish": say("room.finish.archive_about", language),
    }
    assert expected[view] in texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_stage_shows_what_was_put_on_it(language: str) -> None:
    workshop, _ = begin(language)
    team = teams_of(workshop.workshop_id)[0]
    shop = Workspace.open(team.workspace)
    run = make_trained(shop, "search", "search-1")
    card = IdeaBoard(shop).save(Card(title="Quick", idea=HOSTILE))
    open_ballot(workshop.workshop_id, "Which?", ["A", "B"])
    join(workshop, ANN, "Ann", team.team_id)
    expected = {
        Stage("welcome"): "Ann",
        Stage("standing"): say(
            "stage.standing", language, team=i18n.escape(team.name), exercise="–", done=0,
            runs=1, ideas=1,
        ),
        Stage("result", team.team_id, run.run_id): f"{run.after[run.primary_metric]:.3f}",
        Stage("result", team.team_id, "gone"): say("stage.gone", language),
        Stage("idea", team.team_id, card.id): i18n.escape(HOSTILE),
        Stage("vote"): "Which?",
    }  # fmt: skip
    for stage, text in expected.items():
        put_on_stage(workshop.workshop_id, stage)
        app = open_page("stage", language, room=workshop.workshop_id)
        shown = texts_of(app) + "".join(one.value for one in (*app.metric, *app.info))
        shown += "".join(str(one.proto.text) for one in app.get("progress"))
        assert text in shown, stage
    assert say("stage.no_room", language) in [
        one.value for one in open_page("stage", language, room="wrong").info
    ]


def open_home(language: str, **link: str) -> AppTest:
    """The first page with its sidebar."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=LONG)
    for name, value in {"lang": language, **link}.items():
        app.query_params[name] = value
    return clean(app.run())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_teams_pages_have_a_banner_and_a_facilitator_sees_a_note(language: str) -> None:
    workshop, token = begin(language)
    team = teams_of(workshop.workshop_id)[0]
    join(workshop, ANN, "Ann", team.team_id)
    broadcast(workshop.workshop_id, "Vote soon")
    key = Workspace.open(team.workspace).key
    app = open_home(language, w=key, p=ANN)
    assert "Vote soon" in [info.value for info in app.sidebar.info]
    assert app.sidebar.button(key="raise_hand")
    # The banner is polled.
    assert AppSession.request_rerun.__module__ == polling.__name__
    note = say("room_banner.visiting", language, team=i18n.escape(team.name))
    assert note not in [one.value for one in app.sidebar.warning]
    looking = open_home(language, w=key, f=token)
    assert note in [one.value for one in looking.sidebar.warning]
    assert time.time() - teams_of(workshop.workshop_id)[0].visited < LONG
    assert say("room_banner.visited", language) in [one.value for one in app.run().sidebar.caption]
    # A shop of no workshop has no banner, nor has one whose workshop is over.
    elsewhere = open_home(language, w=Workspace.open(workshop.prepared).key)
    assert "Vote soon" not in [info.value for info in elsewhere.sidebar.info]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_that_keeps_the_token_is_the_facilitators_on_its_own_page_alone(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, token = begin(language)
    kept = {tab.COOKIE: token}
    monkeypatch.setattr("pages.ui.frame.cookie.read", lambda name: kept.get(name, ""))
    assert open_page("room", language).button(key="room_clock")
    key = Workspace.open(teams_of(workshop.workshop_id)[0].workspace).key
    note = say("room_banner.visiting", language, team=teams_of(workshop.workshop_id)[0].name)
    notes = [one.value for one in open_home(language, w=key).sidebar.warning]
    assert i18n.escape(note) not in notes
    looking = open_home(language, w=key, look="1")
    assert any(note in one.value for one in looking.sidebar.warning)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frozen_room_hides_the_pages_of_its_teams(language: str) -> None:
    workshop, token = begin(language)
    key = Workspace.open(teams_of(workshop.workshop_id)[0].workspace).key
    set_frozen(workshop.workshop_id, True)
    title = say("room_banner.frozen_title", language)
    app = open_home(language, w=key)
    assert [one.value for one in app.main.header] == [title]
    assert title not in [one.value for one in open_home(language, w=key, f=token).header]
    set_frozen(workshop.workshop_id, False)
    assert title not in [one.value for one in clean(app.run()).header]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_facilitator_edits_the_time_boxes(language: str) -> None:
    app = open_page("room", language)
    app.radio(key="opening_agenda").set_value("ninety_minutes")
    clean(app.run())
    app.session_state[f"agenda_ninety_minutes_{language}"] = {
        "edited_rows": {0: {"title": "Coffee", "minutes": 5}},
        "added_rows": [{"title": "Lunch", "minutes": 60}, {"minutes": 3}],
        "deleted_rows": [1, 2, 3],
    }
    clean(app.button(key="opening_go").click().run())
    workshop = workshop_by_token(app.session_state["f"])
    assert workshop is not None
    boxes = [(box.title, box.minutes, box.exercise) for box in workshop.agenda]
    last = ready_agenda("ninety_minutes", language)[-1]
    assert boxes == [("Coffee", 5, 0), (last.title, last.minutes, 0), ("Lunch", 60, 0)]


def test_only_who_runs_the_server_opens_a_workshop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAB_WORKSHOPS", "0")
    app = open_page("room", "en")
    assert say("room.opening.closed", "en") in [info.value for info in app.info]
    assert not app.number_input
    monkeypatch.setenv(password.VARIABLE, "secret")
    door = open_page("room", "en")
    door.text_input(key="host_password").set_value("secret")
    clean(door.button[0].click().run())
    assert door.number_input(key="opening_teams")
