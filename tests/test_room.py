"""The room over SQLite: joining, teams, clock, freeze, votes, the snapshot, the archive."""

import json
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from engine import jobs
from engine.course.progress import Progress
from engine.course.reader import read_exercises
from engine.errors import InputError
from engine.host.backup import restore
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.messages import LANGUAGES
from engine.room import people, snapshot
from engine.room.agenda import READY, ready_agenda, total_minutes
from engine.room.archive import archive_workshop
from engine.room.ballots import choice_of, close_ballot, latest_ballot, open_ballot, vote
from engine.room.clock import set_box, start_clock, stop_clock
from engine.room.database import room_database
from engine.room.opening import ALPHABET, Opening, add_team, hand_to_all, open_workshop
from engine.room.people import TEAM_SIZE, find_member, find_workshop, join, people_of, raise_hand
from engine.room.snapshot import refresh, snapshot_of, take_snapshot
from engine.room.standing import Standing, stuck_first
from engine.room.workshop import (
    Stage,
    Team,
    Workshop,
    broadcast,
    close_workshop,
    put_on_stage,
    set_frozen,
    teams_of,
    workshop_by_id,
    workshop_by_token,
)
from engine.settings import home as state_folder
from engine.storage.copies import copy_workspace
from engine.storage.workspace import Workspace
from tests.shop_double import small_shop

ADDRESS = "http://10.0.0.5:8501"


@pytest.fixture
def workshop(home: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """An open workshop of two teams."""
    monkeypatch.setattr("engine.jobs.queue.ensure_supervisor", lambda: None)
    opening = Opening(
        "Spring", "en", ready_agenda("ninety_minutes", "en"), [], 2, ADDRESS, small_shop()
    )
    return open_workshop(opening)[0]


def code_of(refused: pytest.ExceptionInfo[InputError]) -> str:
    return refused.value.code


def team_ids(workshop: Workshop) -> list[int]:
    return [team.team_id for team in teams_of(workshop.workshop_id)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_agendas_come_ready(language: str) -> None:
    assert [total_minutes(ready_agenda(name, language)) for name in READY] == [210, 90]


def test_a_workshop_has_a_code_that_reads_well_and_a_token_of_its_own(home: Path) -> None:
    opening = Opening("A", "zh", ready_agenda("half_day", "zh"), [], 2, ADDRESS, small_shop("zh"))
    workshop, token = open_workshop(opening)
    assert len(workshop.code) == 6
    assert set(workshop.code) <= set(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL2Z5S8B")
    assert workshop_by_token(token) == workshop
    assert workshop_by_token(workshop.code) is None
    # Who reads the file cannot act as the facilitator.
    assert token.encode() not in (state_folder() / "room.sqlite").read_bytes()
    assert workshop.join_link == f"{ADDRESS}/join?code={workshop.code}&lang=zh"
    assert [team.name for team in teams_of(workshop.workshop_id)] == ["第 1 组", "第 2 组"]


@pytest.mark.parametrize(("teams", "code"), [(0, "room.team_count"), (21, "room.team_count")])
def test_a_workshop_has_some_teams(home: Path, teams: int, code: str) -> None:
    with pytest.raises(InputError) as refused:
        open_workshop(Opening("A", "en", ready_agenda("half_day", "en"), [], teams, ADDRESS))
    assert code_of(refused) == code


def test_each_team_has_a_workspace_of_its_own(workshop: Workshop) -> None:
    one, two = (Workspace.open(team.workspace) for team in teams_of(workshop.workshop_id))
    assert one.key != two.key
    assert {one.workshop, two.workshop} == {workshop.workshop_id}
    one.correct("intent", {"mug": {"intent": "deal"}})
    assert two.corrections().empty


def test_a_code_is_found_however_it_is_written(workshop: Workshop) -> None:
    spaced = f" {workshop.code[:3].lower()} {workshop.code[3:]} "
    assert find_workshop(spaced, "10.0.0.7") == workshop
    close_workshop(workshop.workshop_id)
    with pytest.raises(InputError) as refused:
        find_workshop(workshop.code, "10.0.0.7")
    assert code_of(refused) == "room.wrong_code"


def test_codes_cannot_be_tried_without_end(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(people.MOST_WRONG_CODES):
        with pytest.raises(InputError):
            find_workshop("AAAAAA", "10.0.0.7")
    with pytest.raises(InputError) as refused:
        find_workshop(workshop.code, "10.0.0.7")
    assert code_of(refused) == "room.too_many_codes"
    assert find_workshop(workshop.code, "10.0.0.8") == workshop
    monkeypatch.setattr(people, "WINDOW_SECONDS", -1.0)
    assert find_workshop(workshop.code, "10.0.0.7") == workshop


def test_the_same_person_comes_back_and_may_change_teams(workshop: Workshop) -> None:
    first, second = team_ids(workshop)
    join(workshop, "ann-id", "  Ann   <b>", first)
    assert find_member("ann-id") is not None
    assert find_member("bob-id") is None
    again = join(workshop, "ann-id", "Anna", second)
    assert (again.person.name, again.team.team_id) == ("Anna", second)
    assert len(people_of(workshop.workshop_id)) == 1
    assert b"ann-id" not in (state_folder() / "room.sqlite").read_bytes()
    close_workshop(workshop.workshop_id)
    assert find_member("ann-id") is None


@pytest.mark.parametrize(
    ("name", "team", "code"), [(" ", 0, "room.no_name"), ("Ann", 99, "room.unknown_team")]
)
def test_joining_needs_a_name_and_a_team(
    workshop: Workshop, name: str, team: int, code: str
) -> None:
    with pytest.raises(InputError) as refused:
        join(workshop, "id", name, team or team_ids(workshop)[0])
    assert code_of(refused) == code


def test_of_twelve_who_join_one_team_at_once_six_are_in(workshop: Workshop) -> None:
    team, _ = team_ids(workshop)
    together = threading.Barrier(12)

    def try_to_join(number: int) -> bool:
        together.wait()
        try:
            join(workshop, f"id-{number}", f"P{number}", team)
        except InputError as error:
            assert error.code == "room.team_full"
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        joined = list(pool.map(try_to_join, range(12)))
    assert sum(joined) == TEAM_SIZE
    assert len(people_of(workshop.workshop_id)) == TEAM_SIZE


def test_the_clock_counts_only_while_it_runs(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr("engine.room.clock.time.time", lambda: now)

    def left() -> float:
        current = workshop_by_id(workshop.workshop_id)
        assert current is not None
        return current.clock.seconds_left(current.agenda, now)

    whole = workshop.agenda[0].minutes * 60
    assert left() == whole
    start_clock(workshop.workshop_id)
    now += 60
    start_clock(workshop.workshop_id)
    assert left() == whole - 60
    stop_clock(workshop.workshop_id)
    now += 500
    assert left() == whole - 60
    stop_clock(workshop.workshop_id)
    start_clock(workshop.workshop_id)
    set_box(workshop.workshop_id, 1)
    now += 10
    assert left() == workshop.agenda[1].minutes * 60 - 10


def test_a_frozen_room_starts_nothing_new(workshop: Workshop) -> None:
    team = teams_of(workshop.workshop_id)[0]
    set_frozen(workshop.workshop_id, True)
    for start in (
        lambda: jobs.submit(team.workspace, "search", {}),
        lambda: IdeaBoard(Workspace.open(team.workspace)).save(Card(title="Late")),
    ):
        with pytest.raises(InputError) as refused:
            start()
        assert code_of(refused) == "workspace.frozen"
    # What is only looked at is noted all the same.
    Progress(Workspace.open(team.workspace)).open("search", "ann")
    set_frozen(workshop.workshop_id, False)
    jobs.submit(team.workspace, "search", {})


def test_a_late_team_and_a_prepared_state_for_all(workshop: Workshop) -> None:
    add_team(workshop.workshop_id)
    prepared = Workspace.open(workshop.prepared)
    names = [team.workspace for team in teams_of(workshop.workshop_id)]
    stranger = copy_workspace(prepared, title="elsewhere", workshop="other")
    prepared.replace_tables({"products": prepared.tables().products.head(4)}, {})
    hand_to_all(workshop, prepared, [*names, stranger.name])
    assert [len(Workspace.open(name).tables().products) for name in names] == [4, 4, 4]
    assert len(stranger.tables().products) == 24


def test_one_vote_a_person_and_nobody_knows_whose(workshop: Workshop) -> None:
    team = team_ids(workshop)[0]
    for name in ("ann", "bob"):
        join(workshop, name, name, team)
    ballot = open_ballot(workshop.workshop_id, "Which idea?", ["A", "B", " A ", ""])
    vote(ballot, "ann", 0)
    vote(ballot, "ann", 1)
    vote(ballot, "bob", 1)
    tally = latest_ballot(workshop.workshop_id)
    assert tally is not None
    assert (tally.options, tally.counts, tally.leading) == (("A", "B"), (0, 2), ("B",))
    assert choice_of(ballot, "ann") == 1
    with room_database() as database:
        voters = {row["voter"] for row in database.execute("SELECT voter FROM votes")}
    assert not voters & {person.person for person in people_of(workshop.workshop_id)}
    for person, choice, code in (
        ("eve", 0, "room.not_in_room"),
        ("ann", 7, "room.vote_over"),
        ("ann", -1, "room.vote_over"),
    ):
        with pytest.raises(InputError) as refused:
            vote(ballot, person, choice)
        assert code_of(refused) == code
    close_ballot(workshop.workshop_id)
    with pytest.raises(InputError) as refused:
        vote(ballot, "bob", 0)
    assert code_of(refused) == "room.vote_over"


@pytest.mark.parametrize(
    ("question", "options", "code"),
    [(" ", ["A", "B"], "room.no_question"), ("Q", ["A", "A"], "room.option_count")],
)
def test_a_vote_needs_a_question_and_options(
    workshop: Workshop, question: str, options: list[str], code: str
) -> None:
    with pytest.raises(InputError) as refused:
        open_ballot(workshop.workshop_id, question, options)
    assert code_of(refused) == code


def test_all_look_at_one_snapshot(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def take(workshop_id: str) -> snapshot.Snapshot | None:
        taken.append(workshop_id)
        return take_snapshot(workshop_id)

    monkeypatch.setattr(snapshot, "take_snapshot", take)
    monkeypatch.setattr(snapshot, "LIFETIME_SECONDS", 1e6)
    with ThreadPoolExecutor(10) as pool:
        seen = list(pool.map(lambda _: snapshot_of(workshop.workshop_id), range(30)))
    assert len({id(one) for one in seen}) == len(taken) == 1
    broadcast(workshop.workshop_id, "Look <here>")
    assert snapshot_of(workshop.workshop_id) is seen[0]
    refresh(workshop.workshop_id)
    newer = snapshot_of(workshop.workshop_id)
    assert newer is not None
    assert newer.workshop.broadcast == "Look <here>"
    assert snapshot_of("nowhere") is None


def test_nobody_waits_for_the_next_snapshot_unless_something_was_changed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, go, taking = [], threading.Event(), threading.Event()
    go.set()

    def take(workshop_id: str) -> snapshot.Snapshot | None:
        taking.set()
        assert go.wait(60)
        seen.append(take_snapshot(workshop_id))
        return seen[-1]

    monkeypatch.setattr(snapshot, "take_snapshot", take)
    monkeypatch.setattr(snapshot, "LIFETIME_SECONDS", 1e6)
    first = snapshot_of(workshop.workshop_id)
    (entry,) = (one for one in snapshot._entries.values() if one.snapshot is first)
    go.clear()
    taking.clear()
    entry.new_until = 0.0
    assert snapshot_of(workshop.workshop_id) is first
    assert taking.wait(60)
    assert snapshot_of(workshop.workshop_id) is first
    # Changed while the next one is taken, which may not hold it yet.
    broadcast(workshop.workshop_id, "Look")
    refresh(workshop.workshop_id)
    go.set()
    now = snapshot_of(workshop.workshop_id)
    assert now is seen[-1] is not first
    assert now.workshop.broadcast == "Look"


def test_the_snapshot_shows_hands_the_queue_and_the_stage(workshop: Workshop) -> None:
    first, second = teams_of(workshop.workshop_id)
    join(workshop, "bob", "Bob", second.team_id)
    raise_hand(workshop.workshop_id, "bob", True)
    own = jobs.submit(first.workspace, "search", {"seed": 1})
    jobs.submit(workshop.prepared, "search", {"seed": 1})
    put_on_stage(workshop.workshop_id, Stage("result", first.team_id, "search-1"))
    now = take_snapshot(workshop.workshop_id)
    assert now is not None
    assert [job.job_id for job in now.queue] == [own]
    assert now.ahead == 1
    bob = now.person("bob")
    assert bob is not None
    assert (bob.name, bob.team_id, bob.hand is not None) == ("Bob", second.team_id, True)
    assert now.person("carol") is None
    assert now.workshop.stage == Stage("result", first.team_id, "search-1")
    assert [one.team.name for one in stuck_first(now.standings, now.taken)] == ["Team 2", "Team 1"]
    raise_hand(workshop.workshop_id, "bob", False)
    assert not any(person.hand for person in people_of(workshop.workshop_id))
    Workspace.open(first.workspace).delete()
    rest = take_snapshot(workshop.workshop_id)
    assert rest is not None
    assert [one.team.name for one in rest.standings] == ["Team 2"]


def test_who_is_over_time_comes_before_who_is_not() -> None:
    exercise = replace(read_exercises("en")[0], slug="search", minutes=10)

    def standing(number: int, since: float, done: tuple[str, ...] = ()) -> Standing:
        team = Team(number, f"Team {number}", "w", 0.0)
        return Standing(team, (), exercise, since, (), done, (), (), ())

    quick, slow, done = standing(1, 5_000.0), standing(2, 4_000.0), standing(3, 1.0, ("search",))
    assert [one.team.team_id for one in stuck_first((quick, slow, done), 5_400.0)] == [2, 1, 3]
    assert slow.is_stuck(5_400.0)
    assert not quick.is_stuck(5_400.0)
    assert not done.is_stuck(5_400.0)
    raised = people.Person("h", "Ann", 3, 0.0, 5_300.0)
    assert replace(done, people=(raised,)).is_stuck(5_400.0)


def test_all_goes_home_in_one_archive(workshop: Workshop) -> None:
    first, _ = teams_of(workshop.workshop_id)
    join(workshop, "ann-id", "Ann", first.team_id)
    vote(open_ballot(workshop.workshop_id, "Which?", ["A", "B"]), "ann-id", 1)
    file = archive_workshop(workshop)
    with zipfile.ZipFile(file) as archive:
        note = json.loads(archive.read(f"workspaces/{first.workspace}/workshop.json"))
    assert (note["team"], note["people"]) == ("Team 1", ["Ann"])
    assert note["votes"] == [{"question": "Which?", "votes": {"A": 0, "B": 1}}]
    for team in teams_of(workshop.workshop_id):
        Workspace.open(team.workspace).delete()
    assert len(restore(file)) == 2
