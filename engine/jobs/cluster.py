"""Workers on a Ray cluster, through the Ray Jobs REST API; the app itself doesn't need ray.

The cluster's machines need the project and the state folder at the same paths as this one. The
store stays on this machine; workers report through their logs. Ray listens on all addresses, so
start it with `RAY_AUTH_MODE=token` and give the app the token as `RAY_AUTH_TOKEN`.
"""

import contextlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from engine.errors import InputError
from engine.jobs.job import Job
from engine.jobs.journal import StoreJournal, environment, replay
from engine.jobs.kinds import SPREADING
from engine.jobs.store import Store
from engine.settings import cluster_environment

_TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster.

    - `address`: the URL of its dashboard.
    - `token`: the token for it, empty without authentication.
    - `slots`: how many jobs it runs at a time.
    - `cpus`, `gpus`: how many of them a job takes, on whichever machine has them free. Ray lets it
      compute with as many threads as CPUs.
    """

    address: str
    token: str = ""
    slots: int = 1
    cpus: int = 1
    gpus: int = 0


def configured_cluster() -> Cluster | None:
    """The cluster that the environment names; None without `RAY_ADDRESS`.

    `RAY_AUTH_TOKEN`, `SHOPLAB_RAY_SLOTS`, `SHOPLAB_RAY_CPUS` and `SHOPLAB_RAY_GPUS` say the rest.
    Raises InputError if the address isn't an http URL or a number isn't one.
    """
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        return None
    if urlsplit(address).scheme not in ("http", "https"):
        raise InputError("jobs.ray_address", address=address)
    slots = os.environ.get("SHOPLAB_RAY_SLOTS", "1")
    if not slots.isdecimal() or not int(slots):
        raise InputError("jobs.ray_slots", slots=slots)
    cpus, gpus = _number("SHOPLAB_RAY_CPUS", "1"), _number("SHOPLAB_RAY_GPUS", "0")
    return Cluster(address, os.environ.get("RAY_AUTH_TOKEN", ""), int(slots), cpus, gpus)


def _number(variable: str, default: str) -> int:
    text = os.environ.get(variable) or default
    if not text.isdecimal():
        raise InputError("settings.no_number", variable=variable, value=text)
    return int(text)


class RayLauncher:
    """Runs each attempt as a Ray job with a name made from it, so that any supervisor finds it."""

    def __init__(
        self, store: Store, cluster: Cluster, command: str = "python -m engine.jobs.runner"
    ) -> None:
        self.devices = tuple(f"ray:{slot}" for slot in range(cluster.slots))
        self._store, self._cluster, self._command = store, cluster, command
        self._jobs = cluster.address.rstrip("/") + "/api/jobs/"
        self._reports: dict[str, int] = {}

    def start(self, job: Job) -> None:
        """Submit the attempt. Raises OSError if the cluster refuses or cannot be reached."""
        body = {
            "entrypoint": f"{self._command} {job.job_id}",
            "submission_id": _submission_id(job),
            # Without these every job would run on the head, whatever other machines there are.
            "entrypoint_num_cpus": self._cluster.cpus,
            "entrypoint_num_gpus": 0 if job.kind in SPREADING else self._cluster.gpus,
            "runtime_env": {"env_vars": cluster_environment() | environment(job)},
            "metadata": {"workspace": job.workspace, "task": job.task},
        }
        self._call("POST", "", body)

    def fate(self, job: Job) -> str | None:
        """Copy the worker's reports into the store, and check whether it is alive.

        Only new reports renew the lease. So a worker counts as alive until its lease runs out, even
        if the cluster is out of reach or Ray hasn't noticed that the worker's machine is gone. What
        a worker reported just before its machine died is lost with the log.
        """
        submission = _submission_id(job)
        try:
            status = self._call("GET", submission)["status"]
        except HTTPError as error:
            return "jobs.killed" if error.code == HTTPStatus.NOT_FOUND else None
        except OSError:
            return None
        try:
            log = self._call("GET", f"{submission}/logs")["logs"] or ""
        except HTTPError:
            # The machine with the log is gone, and Ray knows that its worker is gone, too.
            return "jobs.killed" if status == "FAILED" else None
        except OSError:
            return None
        recorded = sum(event.attempt == job.attempt for event in self._store.events(job.job_id))
        reports = replay(log, StoreJournal(self._store, job), recorded)
        if status == "PENDING" or reports > self._reports.get(submission, 0):
            self._store.beat(job)
        self._reports[submission] = reports
        return None if status in ("PENDING", "RUNNING") else "jobs.killed"

    def interrupt(self, job: Job) -> None:
        """Ask Ray to stop the job: a SIGTERM, and a SIGKILL some seconds later."""
        # If the cluster is out of reach, `kill` tries again.
        with contextlib.suppress(OSError):
            self._call("POST", f"{_submission_id(job)}/stop")

    def kill(self, job: Job) -> None:
        """Ask Ray to stop the job; it has no stronger command."""
        self.interrupt(job)

    def reap(self, running: Collection[str]) -> None:
        """Do nothing: Ray collects its own processes."""

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self._cluster.token:
            headers["Authorization"] = f"Bearer {self._cluster.token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._jobs + path, data, headers, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
                reply: dict[str, Any] = json.load(response)
        except (HTTPException, ValueError) as error:
            raise OSError(f"{self._jobs} does not answer like Ray: {error}") from error
        return reply


def _submission_id(job: Job) -> str:
    return f"shoplab-{job.job_id}-{job.attempt}"
