"""The contract of records: what holds in SQLite files holds in a PostgreSQL database too."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.course.work import stamps
from engine.errors import InputError
from engine.host.backup import back_up, restore
from engine.jobs.store import Store
from engine.settings import home as state_folder
from engine.storage.api_keys import ApiKeys, find_key
from engine.storage.copies import copy_workspace
from engine.storage.feedback import Feedback, Shown
from engine.storage.records import Conflict, RecordKind, RecordPlace, has_records, open_records
from engine.storage.workspace import Workspace
from tests.postgres_server import postgres_server

VARIABLE = "SHOPLAB_DATABASE_URL"
KIND = RecordKind(
    "things",
    "CREATE TABLE things (number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " weight REAL, amount INTEGER);",
)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def shared(database: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Records go into the database, which is empty again afterwards."""
    from engine.storage.postgres import drop_schemas, open_pool

    monkeypatch.setenv(VARIABLE, database)
    yield database
    drop_schemas("shoplab_", database)
    open_pool(database).close()
    open_pool.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest, home: Path) -> str:
    if request.param == "postgresql":
        request.getfixturevalue("shared")
    return str(request.param)


def shown(list_id: str = "a") -> Shown:
    chances = {"words": 0.7, "meaning": 0.3}
    return Shown(
        list_id, "v", "", "mug", "thompson", "words", chances, {"always": 1.0}, ["P1", "P2"]
    )


def at_once(act: Callable[[str], object], names: list[str]) -> list[BaseException]:
    """The failures of `act`, called for each of `names` in a thread of its own."""
    failures: list[BaseException] = []

    def call(name: str) -> None:
        try:
            act(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_values_come_back_as_they_were(dialect: str) -> None:
    place = RecordPlace(KIND, state_folder())
    assert not has_records(place)
    records = open_records(place)
    assert has_records(place)
    # A float of 32 bits would round the time, one integer of 32 bits the amount.
    row = ("100 % 中文 ?", 1_790_000_000.123456, 2**40)
    insert = "INSERT INTO things (name, weight, amount) VALUES (?, ?, ?)"
    assert records.execute(f"{insert} RETURNING number", *row) == [{"number": 1}]
    assert records.execute(insert, "none", None, None) == []
    rows = records.execute("SELECT name, weight, amount FROM things ORDER BY number")
    assert [tuple(one.values()) for one in rows] == [row, ("none", None, None)]
    with pytest.raises(Conflict):
        records.execute(insert, "none", 1.0, 1)
    records.close()
    again = open_records(place)
    assert len(again.execute("SELECT 1 AS one FROM things")) == 2
    again.close()


def test_a_new_version_upgrades_what_is_there(dialect: str) -> None:
    first = open_records(RecordPlace(KIND, state_folder()))
    first.execute("INSERT INTO things (name) VALUES (?)", "old")
    first.close()
    upgrade = "ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';"
    newer = RecordPlace(RecordKind("things", KIND.tables, (upgrade,)), state_folder())
    for _ in range(2):
        records = open_records(newer)
        assert records.execute("SELECT colour FROM things") == [{"colour": "red"}]
        records.close()


def test_a_device_has_one_job_and_a_job_one_worker(dialect: str) -> None:
    with Store() as store:
        for job_id in ("a", "b"):
            store.add(job_id, "shop", "search", "train", {"epochs": 2}, owner="me")
        job = store.claim("cpu")
        assert job is not None and (job.job_id, job.config, job.attempt) == ("a", {"epochs": 2}, 1)
        with pytest.raises(Conflict):
            store.claim("cpu")
        assert store.register(job, 7, 1.5) and not store.register(job, 8, 1.5)
        store.show(job, "train", 1, 2)
        store.record(job, "point", "loss", 0.5, 1)
        assert store.beat(job) is False
        store.ask_to_stop("a")
        assert store.beat(job) is True
        assert store.settle(job, "queued") and not store.settle(job, "done")
        assert store.beat(job) is None
        assert [one.job_id for one in store.in_state("queued")] == ["a", "b"]
        store.ask_to_stop("b")
        assert store.get("b").state == "cancelled" and store.requeue("b")
        assert [(one.name, one.value, one.step) for one in store.events("a")] == [("loss", 0.5, 1)]
        assert [one.job_id for one in store.of_workspace("shop")] == ["b", "a"]
        assert store.get("a").crashes == 1
        with pytest.raises(InputError):
            store.get("c")


def test_each_device_gets_another_job_when_all_ask_at_once(dialect: str) -> None:
    devices = [f"gpu:{number}" for number in range(4)]
    with Store() as store:
        for number in range(6):
            store.add(f"job-{number}", "shop", "search", "train", {})

    def claim(device: str) -> None:
        with Store() as own:
            assert own.claim(device) is not None

    assert at_once(claim, devices) == []
    with Store() as store:
        running = store.in_state("running")
        assert sorted(str(job.device) for job in running) == devices
        assert len({job.job_id for job in running}) == 4
        assert all(job.attempt == 1 for job in running)


def test_first_openers_at_once_all_write(dialect: str) -> None:
    shop = Workspace.create("shop")

    def write(name: str) -> None:
        with Feedback(shop) as feedback:
            feedback.show(shown(name))
            feedback.record(name, "P2", "click")

    assert at_once(write, [f"l{number}" for number in range(6)]) == []
    with Feedback(shop) as feedback:
        log = feedback.log()
        assert log["reward"].tolist() == [1.0] * 6
        assert log["probabilities"].tolist() == [{"words": 0.7, "meaning": 0.3}] * 6
        assert feedback.mark() == (6, 6)
        with pytest.raises(Conflict):
            feedback.show(shown("l1"))


def test_feedback_and_keys_belong_to_one_workspace(dialect: str) -> None:
    shop, other = Workspace.create("shop"), Workspace.create("other")
    before = stamps(shop)
    with Feedback(shop) as feedback:
        feedback.show(shown())
        feedback.record("a", "P1", "like")
        assert feedback.get("a") == shown() and feedback.likes("v") == {"P1"}
        assert feedback.open_list("v", "mug") is None and feedback.last_act("a") == ("P1", "like")
    assert stamps(shop) != before
    with Feedback(other) as feedback:
        assert feedback.log().empty and feedback.events().empty
    assert find_key(shop, "shoplab_00_x") is None
    with ApiKeys(shop) as keys:
        key, text = keys.create("app", days=1)
    found = find_key(shop, text)
    assert found is not None and (found.id, found.name) == (key.id, "app")
    assert find_key(other, text) is None and find_key(shop, "shoplab_\0_x") is None
    with ApiKeys(shop) as keys:
        assert keys.list()[0].used is not None
        assert keys.revoke(key.id).revoked
    assert find_key(shop, text) is None


def test_copies_backups_and_deletion_take_the_records_along(dialect: str, tmp_path: Path) -> None:
    shop = Workspace.create("shop")
    with Feedback(shop) as feedback:
        feedback.show(shown())
    with ApiKeys(shop) as keys:
        _, text = keys.create()
    copy = copy_workspace(shop, title="copy")
    assert find_key(copy, text) is None
    with Feedback(copy) as feedback:
        assert feedback.get("a") == shown()
        feedback.show(shown("b"))
    back_up(tmp_path / "shop.zip", "shop")
    shop.delete()
    with pytest.raises(InputError) as error:
        Feedback(shop)
    assert error.value.code == "workspace.deleted"
    assert restore(tmp_path / "shop.zip") == ["shop"]
    again = Workspace.open("shop")
    assert find_key(again, text) is not None
    with Feedback(again) as feedback:
        assert len(feedback.log()) == 1
        feedback.show(shown("b"))
        assert feedback.mark() == (2, 0)


def test_a_file_moves_into_the_database(
    home: Path, database: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shop = Workspace.create("shop")
    with Feedback(shop) as feedback, Store() as store:
        feedback.show(shown())
        store.add("old", "shop", "search", "train", {})
    request.getfixturevalue("shared")
    with Feedback(shop) as feedback, Store() as store:
        assert feedback.get("a") == shown()
        feedback.show(shown("b"))
        assert feedback.mark() == (2, 0)
        assert store.get("old").state == "queued"
    assert not list(home.rglob("*.sqlite*"))


def test_a_deleted_workspace_leaves_no_records(shared: str) -> None:
    from engine.storage.postgres import has_schema

    shop = Workspace.create("shop")
    place = RecordPlace(KIND, shop.folder, shop.key)
    records = open_records(place)
    assert has_schema(place, shared)
    shop.delete()
    assert not has_schema(place, shared)
    with pytest.raises(InputError) as error:
        records.execute("SELECT * FROM things")
    assert error.value.code == "workspace.deleted"


def test_records_outlive_their_connections(shared: str) -> None:
    records = open_records(RecordPlace(KIND, state_folder()))
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    records.execute(end)
    records.execute("INSERT INTO things (name) VALUES (?)", "kept")
    assert len(records.execute("SELECT * FROM things")) == 1


def test_what_is_no_database_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "mysql://host/db")
    with pytest.raises(InputError) as error:
        Store()
    assert error.value.code == "records.bad_url"
