"""Who gets a device next, how long a job waits, and databases of before there were owners."""

import sqlite3
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.jobs import list_jobs, resume, submit
from engine.jobs import queue as job_queue
from engine.jobs.store import Store
from engine.jobs.turns import Place, place_of
from engine.storage.workspace import Workspace


@pytest.fixture
def store(home: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose clock moves on by a second with every look."""
    now = iter(range(1_000, 1_000_000))
    monkeypatch.setattr("engine.jobs.store.time.time", lambda: float(next(now)))
    with Store() as opened:
        yield opened


def add(store: Store, job_id: str, owner: str, seconds: float | None = 100.0) -> None:
    # Each job in a new workspace, as somebody does who wants to get ahead.
    store.add(job_id, f"shop-{job_id}", "search", "train", {}, seconds, owner=owner)


def run_next(store: Store) -> str:
    job = store.claim("cpu")
    assert job is not None
    store.beat(job)
    store.settle(job, "done")
    return job.job_id


def test_twenty_jobs_in_new_workspaces_do_not_go_before_three_waiting_teams(store: Store) -> None:
    for team in ("red", "green", "blue"):
        add(store, f"first-{team}", team)
        run_next(store)
    for number in range(20):
        add(store, f"greedy-{number}", "greedy")
    for team in ("red", "green", "blue"):
        add(store, team, team)
    order = [run_next(store) for _ in range(4)]
    assert order == ["greedy-0", "red", "green", "blue"]


def test_who_comes_from_new_addresses_waits_behind_those_who_wait_longer(store: Store) -> None:
    add(store, "first", "red")
    run_next(store)
    add(store, "red", "red")
    for number in range(20):
        add(store, f"new-{number}", f"address-{number}")
    assert run_next(store) == "red"


def test_the_teams_of_one_address_take_turns_too(store: Store) -> None:
    for job_id in ("a1", "a2"):
        store.add(job_id, "a", "search", "train", {}, owner="proxy")
    store.add("b1", "b", "search", "train", {}, owner="proxy")
    assert [run_next(store) for _ in range(3)] == ["a1", "b1", "a2"]


def test_a_resumed_job_waits_from_then_on(store: Store) -> None:
    add(store, "old", "red")
    store.ask_to_stop("old")
    add(store, "waiting", "green")
    store.requeue("old")
    assert [run_next(store) for _ in range(2)] == ["waiting", "old"]


def test_the_wait_is_what_those_ahead_still_need(store: Store) -> None:
    add(store, "running", "red", 300.0)
    job = store.claim("cpu")
    assert job is not None
    assert job.started is not None
    add(store, "before", "green", 60.0)
    add(store, "mine", "blue")
    jobs = store.of_workspace()[::-1]
    assert place_of(jobs[-1], jobs, job.started + 100) == Place(2, 260.0)
    # A job that is late is believed to end some time.
    assert place_of(jobs[-1], jobs, job.started + 900) == Place(2, 90.0)


def test_the_wait_without_an_estimate_is_guessed_from_jobs_of_before(store: Store) -> None:
    add(store, "running", "red", None)
    store.claim("cpu")
    add(store, "mine", "blue")
    jobs = store.of_workspace()[::-1]
    assert place_of(jobs[-1], jobs, jobs[0].started or 0) == Place(1, None)
    store.settle(jobs[0], "done")
    add(store, "next", "red", None)
    store.claim("cpu")
    add(store, "last", "green")
    jobs = store.of_workspace()[::-1]
    place = place_of(jobs[-1], jobs, jobs[1].started or 0)
    assert place.seconds is not None


def test_each_address_has_a_limit_of_waiting_jobs(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_queue, "ensure_supervisor", lambda: None)
    monkeypatch.setenv("SHOPLAB_WAITING_JOBS_OF_OWNER", "2")
    for name in "abcd":
        Workspace.create(name)
    waiting = [submit(name, "search", {}, owner="greedy") for name in "ab"]
    with pytest.raises(InputError, match="address"):
        submit("c", "search", {}, owner="greedy")
    submit("d", "search", {}, owner="another")
    job_queue.cancel(waiting[0])
    submit("c", "search", {}, owner="greedy")
    with pytest.raises(InputError, match="address"):
        resume(waiting[0])
    assert sum(job.state == "queued" for job in list_jobs()) == 3


def test_a_limit_that_is_no_number_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPLAB_WAITING_JOBS_OF_OWNER", "many")
    Workspace.create("shop")
    with pytest.raises(InputError, match="SHOPLAB_WAITING_JOBS_OF_OWNER"):
        submit("shop", "search", {})


OLD = """
CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY, workspace TEXT NOT NULL, task TEXT NOT NULL, kind TEXT NOT NULL,
    config TEXT NOT NULL, run_id TEXT NOT NULL, predicted_seconds REAL,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0, device TEXT, attempt INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0, pid INTEGER, pid_started REAL, heartbeat REAL,
    cancel REAL, reason TEXT, reason_params TEXT NOT NULL DEFAULT '{}',
    created REAL NOT NULL, started REAL, finished REAL
);
CREATE UNIQUE INDEX one_job_per_device ON jobs (device) WHERE state = 'running';
CREATE INDEX jobs_by_workspace ON jobs (workspace, started);
CREATE TABLE events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, attempt INTEGER NOT NULL,
    time REAL NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value REAL, step INTEGER NOT NULL
);
CREATE INDEX events_by_job ON events (job_id, event_id);
INSERT INTO jobs (job_id, workspace, task, kind, config, run_id, state, created)
    VALUES ('old', 'shop', 'search', 'train', '{}', 'old', 'queued', 7.0);
PRAGMA user_version = 1;
"""


def test_jobs_of_an_older_version_open_and_run(home: Path) -> None:
    home.mkdir()
    connection = sqlite3.connect(home / "jobs.sqlite")
    connection.executescript(OLD)
    connection.close()
    with Store() as store:
        job = store.get("old")
        assert (job.owner, job.queued) == ("", 7.0)
        assert store.claim("cpu") is not None
    with Store() as store:
        assert store.get("old").state == "running"
