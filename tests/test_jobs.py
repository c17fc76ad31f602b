"""Jobs outlive their worker, their supervisor and the server, and end within 10 s of a cancel."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from engine.errors import InputError
from engine.jobs import (
    cancel,
    ensure_supervisor,
    events,
    get_job,
    list_jobs,
    queue,
    resume,
    runner,
    submit,
)
from engine.jobs.job import Job
from engine.jobs.launcher import LocalLauncher, log_file
from engine.jobs.runner import NICENESS
from engine.jobs.store import Store
from engine.jobs.supervisor import CANCEL_SECONDS, LEASE_SECONDS, TICK_SECONDS, Supervisor
from engine.messages import LANGUAGES
from engine.storage.records import Conflict
from engine.storage.workspace import Workspace
from tests.waiting import LONG, until, work_seconds

DOUBLE = str(Path(__file__).parent / "jobs_double.py")


@pytest.fixture
def shop(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(queue, "SUPERVISOR", (sys.executable, DOUBLE, "supervise"))
    Workspace.create("shop")
    return "shop"


class Clock:
    """What the supervisor takes for the time: it passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("engine.jobs.supervisor.time", found)
    return found


def supervisors() -> list[psutil.Process]:
    """The living supervisors of this test's state folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if "supervise" in process.cmdline() and DOUBLE in process.cmdline():
                home = process.environ().get("SHOPLAB_HOME")
                if home == os.environ["SHOPLAB_HOME"] and process.status() != "zombie":
                    found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def end(process: psutil.Process) -> None:
    process.kill()
    process.wait(LONG)


def let_go(shop: str) -> None:
    """Let the jobs of a workspace that hold go on."""
    (Workspace.open(shop).folder / "go").touch()


def ended(job_id: str) -> bool:
    return get_job(job_id).state in ("done", "failed", "cancelled")


def finish(*job_ids: str) -> None:
    until(lambda: all(map(ended, job_ids)), lambda: [get_job(job_id) for job_id in job_ids])


def finish_under(supervisor: Supervisor, job_id: str) -> None:
    """Have a supervisor of this process work until the job is over."""
    until(lambda: supervisor.tick() is not None and ended(job_id), lambda: get_job(job_id))


def count(shop: str, **config: object) -> str:
    return submit(shop, "count", {"steps": 5, **config}, kind="count")


def points(job_id: str) -> list[tuple[int, int]]:
    return [(event.attempt, event.step) for event in events(job_id) if event.kind == "point"]


def reach(job_id: str, step: int) -> Job:
    until(lambda: get_job(job_id).done >= step, lambda: get_job(job_id))
    return get_job(job_id)


def worker(job: Job) -> int:
    # 0 would be this process's own group and 1 every process.
    assert job.pid is not None
    assert job.pid > 1
    return job.pid


def test_a_job_runs_and_its_events_are_polled_in_parts(shop: str) -> None:
    job_id = count(shop, hold=3)
    reach(job_id, 2)
    seen = [event.event_id for event in events(job_id)]
    let_go(shop)
    while True:
        over = ended(job_id)
        seen += [event.event_id for event in events(job_id, after=seen[-1])]
        if over:
            break
        time.sleep(0.02)
    job = get_job(job_id)
    assert (job.state, job.done, job.total, job.attempt, job.reason) == ("done", 5, 5, 1, None)
    assert seen == [event.event_id for event in events(job_id)]
    assert points(job_id) == [(1, step) for step in range(1, 6)]
    assert [event.name for event in events(job_id) if event.kind == "stage"] == ["count"]
    assert events(job_id, after=seen[-1]) == []


def test_a_killed_worker_is_resumed_from_its_checkpoint(shop: str) -> None:
    job_id = count(shop, hold=4, steps=8)
    os.kill(worker(reach(job_id, 3)), signal.SIGKILL)
    finish(job_id)
    job = get_job(job_id)
    assert (job.state, job.attempt, job.done) == ("done", 2, 8)
    assert points(job_id) == [(1 if step < 4 else 2, step) for step in range(1, 9)]
    assert [event.name for event in events(job_id) if event.kind == "log"] == ["jobs.killed"]


def test_a_worker_that_dies_again_and_again_fails_with_a_reason_and_can_be_resumed(
    shop: str,
) -> None:
    job_id = count(shop, at=3, act="kill", times=3)
    finish(job_id)
    job = get_job(job_id)
    assert (job.state, job.attempt, job.reason) == ("failed", 3, "jobs.killed")
    assert job.reason_params["attempts"] == 3
    assert all("3" in job.message(language) for language in LANGUAGES)
    resume(job_id)
    until(lambda: get_job(job_id).state == "done")
    assert [step for attempt, step in points(job_id) if attempt == 4] == [3, 4, 5]
    assert get_job(job_id).reason is None


def test_a_frozen_worker_loses_its_lease_and_the_job_is_resumed(shop: str, clock) -> None:
    with Store() as store:
        store.add("a", shop, "count", "count", {"steps": 5, "at": 2, "act": "freeze"})
        supervisor = Supervisor(store, LocalLauncher([sys.executable, DOUBLE, "run"]))
        supervisor.tick()
        frozen = psutil.Process(worker(reach("a", 1)))
        until(lambda: frozen.status() == psutil.STATUS_STOPPED)
        supervisor.tick()
        clock.now += LEASE_SECONDS
        supervisor.tick()
        assert (store.get("a").state, store.get("a").attempt) == ("running", 1)
        clock.now += 1
        finish_under(supervisor, "a")
        assert (store.get("a").state, store.get("a").attempt) == ("done", 2)
        assert "jobs.hung" in [event.name for event in events("a")]
        assert not psutil.pid_exists(frozen.pid)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        ("oom", "jobs.out_of_memory"),
        ("bad", "workspace.unknown"),
        ("crash", "jobs.crashed"),
    ],
)
def test_an_error_fails_the_job_at_once_with_its_reason(shop: str, act: str, reason: str) -> None:
    job_id = count(shop, at=2, act=act)
    finish(job_id)
    job = get_job(job_id)
    assert (job.state, job.attempt, job.reason) == ("failed", 1, reason)
    assert len({job.message(language) for language in LANGUAGES}) == 2
    assert "Traceback" in log_file(job_id).read_text()


def test_a_new_supervisor_adopts_the_worker_of_a_killed_one(shop: str) -> None:
    job_id = count(shop, hold=3, steps=25)
    pid = worker(reach(job_id, 2))
    end(supervisors()[0])
    ensure_supervisor()
    until(lambda: len(supervisors()) == 1)
    let_go(shop)
    finish(job_id)
    job = get_job(job_id)
    assert (job.state, job.attempt, job.pid) == ("done", 1, pid)
    assert points(job_id) == [(1, step) for step in range(1, 26)]


def test_nothing_is_lost_when_everything_is_killed(shop: str) -> None:
    running, waiting = count(shop, hold=4, steps=12), count(shop)
    pid = worker(reach(running, 3))
    end(supervisors()[0])
    os.killpg(pid, signal.SIGKILL)
    before = points(running)
    assert (get_job(running).state, get_job(waiting).state) == ("running", "queued")
    ensure_supervisor()
    finish(running, waiting)
    assert (get_job(running).state, get_job(waiting).state) == ("done", "done")
    assert points(running)[: len(before)] == before
    assert get_job(running).attempt == 2


def test_a_worker_outlives_the_process_that_submitted_it(shop: str) -> None:
    script = (
        "import os, signal\nfrom engine.jobs import queue\n"
        f"queue.SUPERVISOR = {queue.SUPERVISOR!r}\n"
        "queue.submit('shop', 'count', {'steps': 10, 'hold': 2}, kind='count')\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    server = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    assert server.wait() == -signal.SIGKILL
    let_go(shop)
    (job,) = list_jobs(shop)
    finish(job.job_id)
    assert (get_job(job.job_id).state, get_job(job.job_id).attempt) == ("done", 1)


@pytest.mark.parametrize("does", [{"hold": 2}, {"at": 2, "act": "deaf"}], ids=["hears", "deaf"])
def test_cancel_ends_a_job_within_ten_seconds(shop: str, clock, does: dict[str, object]) -> None:
    assert CANCEL_SECONDS + 2 * TICK_SECONDS < 10
    with Store() as store:
        store.add("a", shop, "count", "count", {"steps": 5} | does)
        supervisor = Supervisor(store, LocalLauncher([sys.executable, DOUBLE, "run"]))
        supervisor.tick()
        pid = worker(reach("a", 1))
        store.ask_to_stop("a")
        clock.now = store.get("a").cancel
        supervisor.tick()
        if "act" in does:
            clock.now += CANCEL_SECONDS
            supervisor.tick()
            assert store.get("a").state == "running" and psutil.pid_exists(pid)
            clock.now += TICK_SECONDS
        # Whoever hears has stopped by himself: for him no time passes.
        finish_under(supervisor, "a")
        assert store.get("a").state == "cancelled"
        assert not psutil.pid_exists(pid)
        store.add("b", shop, "count", "count", {"steps": 2})
        finish_under(supervisor, "b")
        assert store.get("b").state == "done"


def test_cancel_reaches_a_worker_whose_supervisor_was_killed(shop: str) -> None:
    job_id = count(shop, hold=2)
    reach(job_id, 1)
    end(supervisors()[0])
    cancel(job_id)
    finish(job_id)
    assert get_job(job_id).state == "cancelled"


def test_a_cancelled_job_goes_on_when_resumed(shop: str) -> None:
    job_id = count(shop, hold=4, steps=10)
    reach(job_id, 3)
    cancel(job_id)
    finish(job_id)
    resume(job_id)
    finish(job_id)
    assert get_job(job_id).state == "done"
    assert [step for attempt, step in points(job_id) if attempt == 2] == list(range(4, 11))
    with pytest.raises(InputError) as error:
        resume(job_id)
    assert error.value.code == "jobs.not_resumable"


def test_a_stop_that_no_user_asked_for_is_not_a_cancel(shop: str) -> None:
    job_id = count(shop, hold=4, steps=10)
    os.kill(worker(reach(job_id, 3)), signal.SIGTERM)
    finish(job_id)
    assert (get_job(job_id).state, get_job(job_id).attempt) == ("done", 2)


def test_what_a_worker_started_ends_with_it(shop: str) -> None:
    job_id = count(shop, hold=4, at=2, act="spawn")
    job = reach(job_id, 3)
    (child,) = psutil.Process(job.pid).children()
    cancel(job_id)
    finish(job_id)
    until(lambda: not child.is_running() or child.status() == "zombie")


def test_jobs_wait_for_the_device_and_workspaces_take_turns(shop: str) -> None:
    Workspace.create("other")
    mine = [count(shop, hold=1) for _ in range(3)]
    theirs = count("other")
    let_go(shop)
    most = 0
    while not all(ended(job_id) for job_id in [*mine, theirs]):
        most = max(most, sum(job.state == "running" for job in list_jobs()))
        time.sleep(0.02)
    assert most == 1
    order = sorted(list_jobs(), key=lambda job: job.started or 0)
    assert [job.job_id for job in order] == [mine[0], theirs, mine[1], mine[2]]
    assert [job.job_id for job in list_jobs("other")] == [theirs]


def test_two_devices_run_two_jobs(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DEVICES", "cuda:0,cuda:1")
    both = [count(shop, hold=2) for _ in range(2)]
    until(lambda: all(get_job(job_id).done for job_id in both))
    assert {get_job(job_id).device for job_id in both} == {"cuda:0", "cuda:1"}
    assert {
        psutil.Process(get_job(job_id).pid).environ()["CUDA_VISIBLE_DEVICES"] for job_id in both
    } == {"0", "1"}
    for job_id in both:
        cancel(job_id)
    finish(*both)


def test_the_store_refuses_a_second_job_on_a_device(home: Path) -> None:
    with Store() as store:
        for name in "ab":
            store.add(name, "shop", "search", "train", {})
        first = store.claim("cpu")
        with pytest.raises(Conflict):
            store.claim("cpu")
        assert first is not None
        assert [job.state for job in store.of_workspace("shop")] == ["queued", "running"]


def test_a_worker_that_was_given_up_changes_nothing(home: Path) -> None:
    with Store() as store:
        store.add("a", "shop", "search", "train", {})
        stale = store.claim("cpu")
        assert stale is not None
        store.settle(stale, "queued")
        fresh = store.claim("cpu")
        assert fresh is not None
        assert store.register(fresh, 10_000_001, 2.0)
        assert not store.register(fresh, 10_000_002, 4.0)
        store.show(stale, "late", 9, 9)
        assert store.beat(stale) is None
        assert not store.settle(stale, "done")
        assert (store.get("a").state, store.get("a").stage) == ("running", "")


def test_a_device_name_follows_the_visible_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, 5")
    assert LocalLauncher().devices == ("cuda:2", "cuda:5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5,6")
    monkeypatch.setenv("SHOPLAB_TRAINING_PROCESSES", "2")
    assert LocalLauncher().devices == ("cuda:2,5", "cuda:6")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert LocalLauncher().devices == ("cpu",)


def test_a_worker_the_kernel_kills_for_memory_is_not_tried_again(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store() as store:
        monkeypatch.setattr("engine.jobs.launcher.oom_kills", lambda: 7 + store.get("a").done)
        store.add("a", shop, "count", "count", {"steps": 3, "at": 2, "act": "kill", "times": 9})
        supervisor = Supervisor(store, LocalLauncher([sys.executable, DOUBLE, "run"]))
        finish_under(supervisor, "a")
        assert (store.get("a").reason, store.get("a").attempt) == ("jobs.out_of_memory", 1)


def test_jobs_submitted_at_once_all_run_under_one_supervisor(shop: str) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(count(shop, steps=1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 8
    assert len(supervisors()) == 1
    finish(*ids)
    assert {get_job(job_id).state for job_id in ids} == {"done"}


def _may_supervise(child: psutil.Process) -> bool:
    try:
        return "supervise" in " ".join(child.cmdline())
    except psutil.ZombieProcess:
        return True
    except psutil.NoSuchProcess:
        return False


def test_an_idle_supervisor_leaves_and_the_next_job_brings_another(
    shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_IDLE", "0.5")
    first = count(shop, steps=1)
    until(lambda: ended(first) and not supervisors())
    # Neither running nor a zombie: whoever started the supervisor has waited for it.
    until(lambda: not any(map(_may_supervise, psutil.Process().children())))
    second = count(shop, steps=1)
    finish(second)
    assert get_job(second).state == "done"


def test_the_supervisor_never_imports_torch() -> None:
    script = "import sys, engine.jobs, engine.jobs.supervisor; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_worker_lets_people_go_first() -> None:
    script = (
        "import os; from engine.jobs import runner; runner.let_people_go_first(); print(os.nice(0))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, start_new_session=True
    )
    assert int(done.stdout) == os.nice(0) + NICENESS


def test_a_point_is_cheap_to_record(home: Path) -> None:
    with Store() as store:
        store.add("a", "shop", "search", "train", {})
        job = store.claim("cpu")
        assert job is not None
        before = work_seconds()
        for step in range(300):
            store.record(job, "point", "loss", 1.0, step)
        assert (work_seconds() - before) / 300 < 0.002
        # And none waits for the disk.
        assert store._records.execute("PRAGMA synchronous")[0]["synchronous"] < 2


def test_unknown_workspaces_and_jobs_are_named(shop: str) -> None:
    with pytest.raises(InputError) as error:
        submit("nowhere", "search", {})
    assert error.value.code == "workspace.unknown"
    with pytest.raises(InputError) as error:
        cancel("nothing")
    assert error.value.code == "jobs.unknown"
    assert list_jobs() == []


class FullDisk:
    """A journal on a disk that is full at first; then the job is cancelled, and the test ends."""

    def __init__(self) -> None:
        self.beats: list[BaseException | bool] = [True, sqlite3.OperationalError("full"), False]

    def beat(self) -> bool:
        if not self.beats:
            raise SystemExit
        outcome = self.beats.pop()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def test_a_full_disk_does_not_end_the_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "BEAT_SECONDS", 0)
    stop = threading.Event()
    with pytest.raises(SystemExit):
        runner._beat(FullDisk(), stop)
    assert stop.is_set()
