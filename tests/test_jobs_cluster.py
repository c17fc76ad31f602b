"""Jobs on a Ray cluster, against a server that speaks the Ray Jobs REST API and runs the jobs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import InputError
from engine.jobs import submit
from engine.jobs.cluster import Cluster, RayLauncher, configured_cluster
from engine.jobs.job import Job
from engine.jobs.store import Store
from engine.jobs.supervisor import LEASE_SECONDS, Supervisor
from engine.storage.workspace import Workspace
from tests.waiting import until

TOKEN = "a-token"
COMMAND = f"{sys.executable} {Path(__file__).parent / 'jobs_double.py'} run"


class Ray(ThreadingHTTPServer):
    """The four calls of the API, as Ray 2.60 answers them; a job's shell is its process group."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.jobs: dict[str, subprocess.Popen[bytes]] = {}
        self.requests: list[dict[str, object]] = []
        self.stopped: set[str] = set()
        self.down = False
        # The machine of the jobs is gone: their logs cannot be read, and Ray says that they failed.
        self.machine_gone = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def submit(self, request: dict) -> dict[str, object]:
        self.requests.append(request)
        name = request["submission_id"]
        environment = os.environ | request["runtime_env"]["env_vars"]
        with (self.folder / name).open("wb") as log:
            self.jobs[name] = subprocess.Popen(
                request["entrypoint"],
                shell=True,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        return {"job_id": name, "submission_id": name}

    def status(self, name: str) -> str:
        code = self.jobs[name].poll()
        if code is None:
            return "RUNNING"
        return "STOPPED" if name in self.stopped else "FAILED" if code else "SUCCEEDED"

    def stop(self, name: str) -> None:
        if self.jobs[name].poll() is None:
            self.stopped.add(name)
            os.killpg(self.jobs[name].pid, signal.SIGTERM)


class Answer(BaseHTTPRequestHandler):
    server: Ray

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = self.parts()
        if parts == ["api", "jobs", ""]:
            self.send(lambda: self.server.submit(json.loads(body)))
        elif parts[-1] == "stop":
            self.send(lambda: {"stopped": self.server.stop(parts[2]) is None})

    def do_GET(self) -> None:
        parts = self.parts()
        if parts[2] not in self.server.jobs:
            self.answer(404, {})
        elif parts[-1] == "logs":
            log = self.server.folder / parts[2]
            if self.server.machine_gone and self.server.status(parts[2]) == "FAILED":
                self.answer(500, {})
            else:
                self.send(lambda: {"logs": log.read_text(errors="replace")})
        else:
            self.send(lambda: {"status": self.server.status(parts[2])})

    def parts(self) -> list[str]:
        return self.path.split("/")[1:]

    def send(self, make: Callable[[], object]) -> None:
        if self.server.down:
            self.answer(503, {})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {})
        else:
            self.answer(200, make())

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ray(home: Path, tmp_path: Path) -> Iterator[Ray]:
    (tmp_path / "logs").mkdir()
    Workspace.create("shop")
    with Ray(tmp_path / "logs") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
        for process in server.jobs.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with Store() as opened:
        yield opened


def supervise(store: Store, ray: Ray, token: str = TOKEN) -> Supervisor:
    return Supervisor(store, RayLauncher(store, Cluster(ray.address, token), COMMAND))


def work(supervisor: Supervisor, far_enough: Callable[[Job], object]) -> Job:
    def look() -> Job | None:
        if far_enough(job := supervisor.store.get("a")):
            return job
        supervisor.tick()
        return None

    return until(look, lambda: supervisor.store.get("a"))


def ended(job: Job) -> bool:
    return job.state in ("done", "failed", "cancelled")


def let_go() -> None:
    """Let the job go on that holds."""
    (Workspace.open("shop").folder / "go").touch()


def add(store: Store, **config: object) -> None:
    store.add("a", "shop", "count", "count", {"steps": 5, **config})


def steps(store: Store) -> list[tuple[int, int]]:
    return [(event.attempt, event.step) for event in store.events("a") if event.kind == "point"]


def test_reports_come_home_through_the_log(ray: Ray, store: Store) -> None:
    add(store)
    job = work(supervise(store, ray), ended)
    assert (job.state, job.done, job.total, job.stage) == ("done", 5, 5, "count")
    assert steps(store) == [(1, step) for step in range(1, 6)]
    (request,) = ray.requests
    assert request["submission_id"] == "shoplab-a-1"
    # Without a CPU of its own Ray would run it on the head.
    assert request["entrypoint_num_cpus"] == 1
    assert job.device == "ray:0"


def test_a_new_supervisor_finds_the_ray_job_again(ray: Ray, store: Store) -> None:
    add(store, hold=4, steps=10)
    work(supervise(store, ray), lambda job: job.done >= 3)
    let_go()
    job = work(supervise(store, ray), ended)
    assert (job.state, job.attempt, len(ray.jobs)) == ("done", 1, 1)
    assert steps(store) == [(1, step) for step in range(1, 11)]


def test_a_ray_job_that_dies_is_resumed_from_its_checkpoint(ray: Ray, store: Store) -> None:
    add(store, at=3, act="kill", times=1)
    job = work(supervise(store, ray), ended)
    assert (job.state, job.attempt) == ("done", 2)
    assert steps(store) == [(1, 1), (1, 2), (2, 3), (2, 4), (2, 5)]


def test_a_training_goes_on_elsewhere_when_its_machine_dies(ray: Ray, store: Store) -> None:
    add(store, hold=3)
    supervisor = supervise(store, ray)
    work(supervisor, lambda job: job.done == 2)
    ray.machine_gone = True
    os.killpg(ray.jobs["shoplab-a-1"].pid, signal.SIGKILL)
    ray.jobs["shoplab-a-1"].wait()
    job = work(supervisor, ended)
    assert (job.state, job.attempt) == ("done", 2)
    assert steps(store) == [(1, 1), (1, 2), (2, 3), (2, 4), (2, 5)]
    assert [event.name for event in store.events("a") if event.kind == "log"] == ["jobs.killed"]


def test_cancel_stops_the_ray_job(ray: Ray, store: Store) -> None:
    add(store, hold=2)
    supervisor = supervise(store, ray)
    work(supervisor, lambda job: job.done)
    store.ask_to_stop("a")
    assert work(supervisor, ended).state == "cancelled"
    assert ray.stopped == {"shoplab-a-1"}


def test_an_error_on_the_cluster_keeps_its_reason(ray: Ray, store: Store) -> None:
    add(store, at=2, act="oom")
    job = work(supervise(store, ray), ended)
    assert (job.state, job.attempt, job.reason) == ("failed", 1, "jobs.out_of_memory")


def test_a_short_outage_of_the_cluster_changes_nothing(ray: Ray, store: Store) -> None:
    add(store, hold=2, steps=10)
    supervisor = supervise(store, ray)
    work(supervisor, lambda job: job.done)
    ray.down = True
    for _ in range(3):
        supervisor.tick()
    assert store.get("a").state == "running"
    ray.down = False
    let_go()
    job = work(supervisor, ended)
    assert (job.state, job.attempt) == ("done", 1)
    assert steps(store) == [(1, step) for step in range(1, 11)]


def test_a_cluster_that_stays_away_loses_its_lease(
    ray: Ray, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], time=time.time)
    monkeypatch.setattr("engine.jobs.supervisor.time", clock)
    add(store, hold=2)
    supervisor = supervise(store, ray)
    work(supervisor, lambda job: job.done)
    # Not before: on a busy machine a worker may need longer than that for its first report.
    supervisor.lease = 1
    ray.down = True
    supervisor.tick()
    now[0] += LEASE_SECONDS + 1
    job = work(supervisor, ended)
    assert (job.state, job.reason) == ("failed", "jobs.not_started")
    assert {event.name for event in store.events("a") if event.kind == "log"} == {
        "jobs.hung",
        "jobs.not_started",
    }


def test_a_wrong_token_is_a_reason(ray: Ray, store: Store) -> None:
    add(store)
    job = work(supervise(store, ray, token="wrong"), ended)
    assert (job.state, job.reason) == ("failed", "jobs.not_started")
    assert "401" in job.message("zh")
    assert ray.jobs == {}


def test_the_cluster_is_named_by_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert configured_cluster() is None
    monkeypatch.setenv("RAY_ADDRESS", "http://head:8265")
    monkeypatch.setenv("RAY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SHOPLAB_RAY_SLOTS", "3")
    assert configured_cluster() == Cluster("http://head:8265", TOKEN, 3)
    monkeypatch.setenv("SHOPLAB_RAY_CPUS", "8")
    monkeypatch.setenv("SHOPLAB_RAY_GPUS", "2")
    assert configured_cluster() == Cluster("http://head:8265", TOKEN, 3, 8, 2)
    Workspace.create("shop")
    for name, value, code in [
        ("SHOPLAB_TRAINING_PROCESSES", "many", "settings.no_number"),
        ("SHOPLAB_RAY_GPUS", "many", "settings.no_number"),
        ("SHOPLAB_RAY_SLOTS", "none", "jobs.ray_slots"),
        ("RAY_ADDRESS", "ray://head:10001", "jobs.ray_address"),
    ]:
        monkeypatch.setenv(name, value)
        with pytest.raises(InputError) as error:
            submit("shop", "search", {})
        assert error.value.code == code
