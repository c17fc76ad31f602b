"""Workers on a Ray cluster, through the Ray Jobs REST API. The app itself needs no ray.

The cluster's machines need the project and the state folder at the same paths as here; the store
stays here: a worker's reports come home through its log. Ray listens on every address, so start it
with `RAY_AUTH_MODE=token` and give the token to the app as `RAY_AUTH_TOKEN`.
"""

import contextlib
import json
import os
import time
from collections.abc import Collection
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from engine.errors import InputError
from engine.jobs.job import Job
from engine.jobs.journal import StoreJournal, environment, replay
from engine.jobs.store import Store
from engine.settings import PROJECT, child_environment, home

PATIENCE_SECONDS = 60.0
_TIMEOUT_SECONDS = 5.0
_CARRIED = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "TOKENIZERS_PARALLELISM")


class RayLauncher:
    """Runs each attempt as a Ray job named after it, which any later supervisor finds again."""

    def __init__(self, store: Store, address: str, token: str = "", slots: int = 1) -> None:
        """`slots` jobs run at a time; Ray itself places them. InputError if not an http address."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise InputError("jobs.ray_address", address=address)
        self.devices = tuple(f"ray:{slot}" for slot in range(slots))
        self._store = store
        self._jobs = address.rstrip("/") + "/api/jobs/"
        self._token = token
        self._reports: dict[str, int] = {}

    def start(self, job: Job) -> None:
        """Submit the attempt. Raises OSError if the cluster refuses or cannot be reached."""
        carried = {name: child_environment()[name] for name in _CARRIED}
        place = {"PYTHONPATH": str(PROJECT), "SHOPLAB_HOME": str(home())}
        body = {
            "entrypoint": f"python -m engine.jobs.runner {job.job_id}",
            "submission_id": _submission(job),
            "runtime_env": {"env_vars": carried | place | environment(job)},
            "metadata": {"workspace": job.workspace, "task": job.task},
        }
        self._call("POST", "", body)

    def fate(self, job: Job) -> str | None:
        """Bring home what the worker reported, then say whether it lives.

        A cluster that cannot be reached counts as alive until nothing was heard for
        `PATIENCE_SECONDS`: so does a worker that Ray calls running but that is silent.
        """
        name = _submission(job)
        try:
            status = self._call("GET", name)["status"]
            log = self._call("GET", f"{name}/logs")["logs"] or ""
        except HTTPError as error:
            return "jobs.killed" if error.code == HTTPStatus.NOT_FOUND else self._silence(job)
        except OSError:
            return self._silence(job)
        recorded = sum(event.attempt == job.attempt for event in self._store.events(job.job_id))
        reports = replay(log, StoreJournal(self._store, job), recorded)
        if status == "PENDING" or reports > self._reports.get(name, 0):
            self._store.beat(job)
        self._reports[name] = reports
        return None if status in ("PENDING", "RUNNING") else "jobs.killed"

    def interrupt(self, job: Job) -> None:
        """Ask Ray to stop the job: a SIGTERM, and a SIGKILL some seconds later."""
        # An unreachable cluster is asked again by `kill`, and its silence is noticed by `fate`.
        with contextlib.suppress(OSError):
            self._call("POST", f"{_submission(job)}/stop")

    def kill(self, job: Job) -> None:
        """Ask Ray to stop the job; Ray has no harder way."""
        self.interrupt(job)

    def reap(self, running: Collection[str]) -> None:
        """Ray looks after its own processes."""

    def _silence(self, job: Job) -> str | None:
        heard = job.heartbeat or 0.0
        return "jobs.ray_unreachable" if time.time() - heard > PATIENCE_SECONDS else None

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._jobs + path, data, headers, method=method)  # noqa: S310
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
        return answer


def ray_launcher(store: Store) -> RayLauncher | None:
    """The launcher for the cluster at `RAY_ADDRESS`, or None if that is not set.

    `RAY_AUTH_TOKEN` is the cluster's token; `SHOPLAB_RAY_SLOTS` how many jobs run at a time.
    """
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        return None
    slots = int(os.environ.get("SHOPLAB_RAY_SLOTS", "1"))
    return RayLauncher(store, address, os.environ.get("RAY_AUTH_TOKEN", ""), slots)


def _submission(job: Job) -> str:
    return f"shoplab-{job.job_id}-{job.attempt}"
