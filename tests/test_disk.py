"""A full or read-only disk and damaged files: it is said clearly, and the rest goes on."""

import errno
import secrets
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from engine.assistant.chats import Chats
from engine.assistant.policy_file import keep_policy, read_policy
from engine.assistant.reply import Reply
from engine.catalog.decisions import ACCEPTED, Decisions
from engine.errors import InputError, ShoplabError
from engine.host.password import MOST_FAILURES, VARIABLE, Attempts
from engine.jobs import runner
from engine.jobs.job import Job, State
from engine.jobs.journal import LineJournal
from engine.jobs.runner import _reason
from engine.jobs.store import Store
from engine.jobs.supervisor import CANCEL_SECONDS, Supervisor
from engine.messages import LANGUAGES
from engine.progress import Silent
from engine.room import people
from engine.settings import PROJECT
from engine.storage.deployments import Deployments
from engine.storage.feedback import Feedback, Shown
from engine.storage.files import write_json
from engine.storage.lock import take
from engine.storage.runs import list_runs, load_heldout
from engine.storage.trouble import DiskTrouble
from engine.storage.workspace import Workspace
from engine.tasks.describe.answers import DescribeAnswer
from engine.tasks.describe.batch import begin_batch, read_rows
from engine.tasks.describe.batch_writing import write_rest
from engine.tasks.describe.brief import Brief
from engine.training.promotion import promote
from tests.killing import full_disk, refused_at
from tests.runs_double import make_trained
from tests.shop_double import small_shop


@dataclass(frozen=True)
class Step:
    """Something that writes, and what reads it back."""

    act: Callable[[Workspace], object]
    read: Callable[[Workspace], object]


def _load(shop: Workspace) -> None:
    frame = pd.DataFrame({"product_id": ["new"], "title": ["New mug"]})
    shop.replace_tables({"products": frame}, {})


def _decide(shop: Workspace) -> None:
    row = {"product_id": "1", "attribute": "colour", "value": "red", "confidence": 0.5}
    Decisions(shop.folder).decide(pd.DataFrame([row]), ACCEPTED)


def _show(shop: Workspace) -> None:
    shown = Shown(
        secrets.token_hex(4), "visit", "shopper", "mug", "policy", "arm", {"arm": 1.0}, {}, ["1"]
    )
    with Feedback(shop) as feedback:
        feedback.show(shown)


def _shown(shop: Workspace) -> int:
    with Feedback(shop) as feedback:
        return len(feedback.log())


def _chat(shop: Workspace) -> None:
    with Chats(shop) as chats:
        chats.add("chat", "", "Where is my parcel?", Reply("hand_over", "human", "en", ()))


def _chatted(shop: Workspace) -> int:
    with Chats(shop) as chats:
        return len(chats.last(10))


STEPS = {
    "load": Step(_load, lambda shop: shop.tables().products["product_id"].tolist()),
    "undo": Step(Workspace.undo_load, lambda shop: shop.tables().products["product_id"].tolist()),
    "correct": Step(
        lambda shop: shop.correct("intent", {"mug": {"intent": "deal"}}),
        lambda shop: shop.corrections()["input"].tolist(),
    ),
    "decide": Step(_decide, lambda shop: len(Decisions(shop.folder).table())),
    "title": Step(lambda shop: shop.set_title("New"), lambda shop: Workspace(shop.folder).title),
    "policy": Step(lambda shop: keep_policy(shop, "No returns.", "policy.md"), read_policy),
    "promote": Step(
        lambda shop: promote(shop, "intent", "intent-1", "me"),
        lambda shop: Deployments(shop).current("intent"),
    ),
    "feedback": Step(_show, _shown),
    "chat": Step(_chat, _chatted),
}


@pytest.fixture
def shop(home: Path) -> Workspace:
    shop = small_shop()
    frame = pd.DataFrame({"product_id": ["old"], "title": ["Old mug"]})
    shop.replace_tables({"products": frame}, {})
    make_trained(shop, "intent", "intent-1", skill=0.95)
    for step in (_show, _chat):
        step(shop)
    return shop


def _is_clear(error: ShoplabError | None, code: str) -> None:
    assert isinstance(error, DiskTrouble)
    assert error.code == code
    assert len({error.message(language) for language in LANGUAGES}) == 2
    assert "workspaces" not in error.message()  # no folder of the machine


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    ("refusal", "code"), [(errno.ENOSPC, "disk.full"), (errno.EROFS, "disk.read_only")]
)
def test_a_disk_that_refuses_at_any_write_costs_nothing_but_that(
    shop: Workspace, name: str, refusal: int, code: str
) -> None:
    step = STEPS[name]
    before = step.read(shop)
    # Databases write by themselves, which no hook sees: see the next test.
    for change in range(100):
        error = refused_at(change, refusal, lambda: step.act(shop))
        if error is None:
            break
        _is_clear(error, code)
        assert step.read(shop) == before
    assert error is None
    assert step.read(shop) != before


@pytest.mark.parametrize("name", ["feedback", "chat"])
def test_a_database_without_room_says_so(shop: Workspace, name: str) -> None:
    step = STEPS[name]
    before = step.read(shop)
    with full_disk(1_000), pytest.raises(DiskTrouble) as refused:
        for _ in range(100):
            step.act(shop)
    _is_clear(refused.value, "disk.full")
    assert step.read(shop) == before


def test_a_batch_that_meets_a_full_disk_stops_with_the_reason(shop: Workspace) -> None:
    batch = begin_batch(shop, "untuned", Brief(), ["1", "2"])

    def predict(inputs: list[object]) -> list[DescribeAnswer]:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as refused:
        write_rest(shop, batch, predict, Silent())
    assert _reason(refused.value)[0] == "disk.full"
    assert read_rows(shop, batch) == []


def test_a_shop_can_be_deleted_on_a_full_disk(shop: Workspace) -> None:
    with full_disk(0):
        shop.delete()
    assert Workspace.by_key(shop.key) is None
    assert not [*shop.folder.parent.glob(f"*{shop.name}*")]


def test_a_job_that_meets_a_full_disk_says_so() -> None:
    assert _reason(OSError(errno.ENOSPC, "No space left on device"))[0] == "disk.full"
    assert _reason(OSError(errno.ECONNRESET, "reset"))[0] == "jobs.crashed"


def test_a_job_says_how_it_ended_once_the_disk_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BEAT_SECONDS", 0)
    refusals = [DiskTrouble("disk.full", why="no room")] * 3
    ends = []

    class Journal(LineJournal):
        def settle(self, state: State, reason: str | None, params: Mapping[str, object]) -> None:
            if refusals:
                raise refusals.pop()
            ends.append((state, reason))

    runner._settle(Journal(), "failed", "disk.full", {})
    assert ends == [("failed", "disk.full")]
    refusals.append(DiskTrouble("disk.read_only", why="ours to read"))
    with pytest.raises(DiskTrouble):
        runner._settle(Journal(), "done", None, {})


def test_what_a_full_log_cannot_take_ends_nothing(tmp_path: Path) -> None:
    lines = (
        "import sys; from engine.storage.printing import survive_full_logs; survive_full_logs()",
        "print('before', file=sys.stderr)",
        "from tests.killing import full_disk",
        "with full_disk(20):",
        "    print('x' * 100_000, file=sys.stderr); print('lost'); sys.stderr.flush()",
        "raise SystemExit(7)",
    )
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.run(
            [sys.executable, "-c", "\n".join(lines)], cwd=PROJECT, stdout=log, stderr=log
        )
    assert process.returncode == 7
    assert (tmp_path / "log").read_text() == "before\n" + "x" * 13


def _save_tokenizer(file: Path) -> None:
    words = {f"word{number}": number for number in range(1_000)}
    Tokenizer(WordLevel(words, unk_token="word0")).save(str(file))


# What a training writes with, each in a language of its own.
WRITERS: dict[str, Callable[[Path], object]] = {
    "weights": lambda file: save_file({"a": np.zeros(5_000)}, file),
    "optimizer": lambda file: torch.save({"a": torch.zeros(5_000)}, file),
    "tokenizer": _save_tokenizer,
    "answers": lambda file: pd.DataFrame({"a": np.random.rand(5_000)}).to_parquet(file),
    "curves": lambda file: write_json(file, list(range(5_000))),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_whatever_a_training_writes_with_a_full_disk_is_said(kind: str, tmp_path: Path) -> None:
    with full_disk(2_000), pytest.raises(Exception) as refused:
        WRITERS[kind](tmp_path / kind)
    assert _reason(refused.value)[0] == "disk.full"


class Clock:
    """The time that has passed, and what the clock on the wall says."""

    def __init__(self) -> None:
        self.passed, self.wall = 0.0, 1_000_000.0

    def monotonic(self) -> float:
        return self.passed

    def time(self) -> float:
        return self.wall

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


class DeafWorkers:
    """A launcher whose workers only end when they are killed."""

    devices = ("cpu",)

    def __init__(self) -> None:
        self.killed: list[str] = []

    def start(self, job: Job) -> None: ...

    def fate(self, job: Job) -> None: ...

    def interrupt(self, job: Job) -> None: ...

    def reap(self, running: Collection[str]) -> None: ...

    def kill(self, job: Job) -> None:
        self.killed.append(job.job_id)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("engine.jobs.supervisor.time", clock)
    return clock


def test_a_full_disk_does_not_end_the_supervisor(
    home: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter([OSError(errno.ENOSPC, "No space left on device")])

    def tick() -> bool:
        for error in ticks:
            raise DiskTrouble("disk.full", why="") from error
        return False

    lock = take(home.parent / "lock")
    assert lock is not None
    with Store() as store:
        supervisor = Supervisor(store, DeafWorkers(), idle=1)
        monkeypatch.setattr(supervisor, "tick", tick)
        supervisor.run(lock)
    assert next(ticks, None) is None


def test_a_cancelled_worker_is_killed_though_the_clock_was_set_back(
    home: Path, clock: Clock
) -> None:
    Workspace.create("shop")
    workers = DeafWorkers()
    with Store() as store:
        store.add("a", "shop", "intent", "train", {})
        supervisor = Supervisor(store, workers)
        supervisor.tick()
        store.ask_to_stop("a")
        supervisor.tick()
        clock.wall -= 500_000
        clock.passed += CANCEL_SECONDS
        supervisor.tick()
        assert workers.killed == []
        clock.passed += 1
        supervisor.tick()
        assert workers.killed == ["a"]
        assert store.get("a").state == "cancelled"


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"\0" * 4_000])
def test_damaged_tables_are_named_and_can_be_loaded_anew(shop: Workspace, content: bytes) -> None:
    (file,) = (shop.folder / shop.generation).glob("products.parquet")
    file.unlink()  # hard links lead to the generation before
    file.write_bytes(content)
    with pytest.raises(DiskTrouble) as broken:
        _ = shop.tables().products
    _is_clear(broken.value, "disk.broken")
    shop.undo_load()
    assert len(shop.tables().products)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\udcff"])
def test_a_damaged_run_hides_no_other(shop: Workspace, content: str) -> None:
    make_trained(shop, "intent", "intent-2")
    record = shop.folder / "runs" / "intent-2" / "run.json"
    record.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert [run.run_id for run in list_runs(shop)] == ["intent-1"]
    with pytest.raises(InputError) as broken:
        promote(shop, "intent", "intent-2", "me")
    assert broken.value.code == "workspace.broken_run"
    promote(shop, "intent", "intent-1", "me")


def test_damaged_answers_of_a_run_are_named(shop: Workspace) -> None:
    (shop.folder / "runs" / "intent-1" / "heldout.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError) as broken:
        load_heldout(shop, "intent-1")
    assert broken.value.code == "workspace.broken_run"


@pytest.mark.parametrize("content", [b"no database" * 100, b"SQLite format 3\0" + b"\0" * 4_000])
def test_a_damaged_database_is_named_and_costs_nothing_else(
    shop: Workspace, content: bytes
) -> None:
    for beside in shop.folder.glob("feedback.sqlite*"):
        beside.unlink()
    (shop.folder / "feedback.sqlite").write_bytes(content)
    with pytest.raises(DiskTrouble) as broken:
        _show(shop)
    _is_clear(broken.value, "disk.broken")
    assert len(shop.tables().products)
    _chat(shop)


def test_a_clock_that_was_set_back_closes_no_door(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "right")
    attempts = Attempts()
    for _ in range(MOST_FAILURES):
        assert not attempts.check("wrong", "me", 1_000_000.0)
    with pytest.raises(InputError):
        attempts.check("right", "me", 1_000_000.0)
    assert attempts.check("right", "me", 900_000.0)
    now = 1_000_000.0
    monkeypatch.setattr(people.time, "time", lambda: now)
    for _ in range(people.MOST_WRONG_CODES + 1):
        with pytest.raises(InputError) as refused:
            people.find_workshop("AAAAAA", "me")
    assert refused.value.code == "room.too_many_codes"
    now = 900_000.0
    with pytest.raises(InputError) as refused:
        people.find_workshop("AAAAAA", "me")
    assert refused.value.code == "room.wrong_code"


def test_the_order_of_what_was_written_survives_a_clock_that_was_set_back(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trained(shop, "intent", "intent-2", skill=0.97)
    promote(shop, "intent", "intent-1", "me")
    monkeypatch.setattr("time.time", lambda: 1_000.0)
    promote(shop, "intent", "intent-2", "me")
    _load(shop)
    assert Deployments(shop).current("intent") == "intent-2"
    assert shop.tables().products["product_id"].tolist() == ["new"]
    shop.undo_load()
    assert shop.tables().products["product_id"].tolist() == ["old"]
