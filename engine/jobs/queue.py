"""What pages and the command line do with jobs: submit, cancel, resume, list."""

import os
import secrets
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from engine.errors import InputError
from engine.jobs.cluster import configured_cluster
from engine.jobs.job import Event, Job
from engine.jobs.store import Store
from engine.settings import PROJECT, child_environment, home
from engine.storage.lock import take
from engine.storage.workspace import Workspace

SUPERVISOR = (sys.executable, "-m", "engine.jobs.supervisor")


def submit(
    workspace_name: str,
    task: str,
    config: Mapping[str, Any],
    *,
    kind: str = "train",
    predicted_seconds: float | None = None,
) -> str:
    """Queue a job and make sure that a supervisor runs it; returns its id, also that of its run.

    `kind` is one of `engine.jobs.kinds`. Raises InputError if there is no such workspace or the
    settings of the cluster are wrong.
    """
    Workspace.open(workspace_name)
    configured_cluster()
    job_id = f"{task}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    with Store() as store:
        store.add(job_id, workspace_name, task, kind, config, predicted_seconds)
    ensure_supervisor()
    return job_id


def cancel(job_id: str) -> None:
    """Ask a job to stop: a running one ends within 10 s, one that is over stays as it is."""
    with Store() as store:
        store.get(job_id)
        store.ask_to_stop(job_id)
    ensure_supervisor()


def resume(job_id: str) -> None:
    """Resume a failed or cancelled job from its last checkpoint, or from the start without one.

    Raises InputError for a job that is queued, running or done.
    """
    with Store() as store:
        state = store.get(job_id).state
        if not store.requeue(job_id):
            raise InputError("jobs.not_resumable", job=job_id, state=state)
    ensure_supervisor()


def get_job(job_id: str) -> Job:
    """The job as it is now. Raises InputError if there is none."""
    with Store() as store:
        return store.get(job_id)


def list_jobs(workspace_name: str | None = None) -> list[Job]:
    """The jobs of a workspace, or of all, newest first."""
    with Store() as store:
        return store.of_workspace(workspace_name)


def jobs_ahead(job: Job) -> int:
    """How many jobs of all workspaces get a device before `job`, including those that run now.

    The order is that of `Store.claim`: workspaces take turns, each with its oldest job.
    """
    jobs = list_jobs()
    last_turn: dict[str, float] = defaultdict(float)
    waiting: dict[str, list[Job]] = defaultdict(list)
    for other in reversed(jobs):
        last_turn[other.workspace] = max(last_turn[other.workspace], other.started or 0)
        if other.state == "queued":
            waiting[other.workspace].append(other)
    ahead = sum(other.state == "running" for other in jobs)
    now = time.time()
    while waiting:
        name = min(waiting, key=lambda name: (last_turn[name], waiting[name][0].created))
        if waiting[name].pop(0).job_id == job.job_id:
            break
        # As if the jobs started one second after the other, from now on.
        ahead, now = ahead + 1, now + 1
        last_turn[name] = now
        if not waiting[name]:
            del waiting[name]
    return ahead


def events(job_id: str, after: int = 0) -> list[Event]:
    """The events of a job after the one with the id `after`, in order."""
    with Store() as store:
        return store.events(job_id, after)


def ensure_supervisor() -> None:
    """Start the supervisor of this state folder if none runs; cheap, and safe to call often."""
    lock = take(home() / "supervisor.lock")
    if lock is None:
        return
    # The child inherits the lock, so that there is no moment in which a second could start.
    logs = home() / "logs"
    logs.mkdir(exist_ok=True)
    try:
        with (logs / "supervisor.log").open("ab") as log:
            process = subprocess.Popen(
                [*SUPERVISOR, str(lock)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=PROJECT,
                env=child_environment(),
                pass_fds=(lock,),
                start_new_session=True,
            )
        os.pwrite(lock, str(process.pid).encode().ljust(20), 0)  # to find the process to end
    finally:
        os.close(lock)
    # When the supervisor exits it would stay a zombie if its parent didn't wait for it.
    threading.Thread(target=process.wait, daemon=True).start()
