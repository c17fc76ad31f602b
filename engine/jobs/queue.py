"""What pages and the command line ask of jobs."""

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
    """Put a job in the queue and see that someone runs it; its id, which is also its run's.

    Raises InputError if there is no such workspace or the cluster is badly named. `kind` is one of
    `engine.jobs.kinds`.
    """
    Workspace.open(workspace_name)
    configured_cluster()
    job_id = f"{task}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    with Store() as store:
        store.add(job_id, workspace_name, task, kind, config, predicted_seconds)
    ensure_supervisor()
    return job_id


def cancel(job_id: str) -> None:
    """Ask for a stop: a running job ends within 10 s; one that is over stays as it is."""
    with Store() as store:
        store.get(job_id)
        store.ask_to_stop(job_id)
    ensure_supervisor()


def resume(job_id: str) -> None:
    """Let a failed or cancelled job go on from its last checkpoint, or start over without one.

    Raises InputError for a job that waits, runs or is done.
    """
    with Store() as store:
        state = store.get(job_id).state
        if not store.requeue(job_id):
            raise InputError("jobs.not_resumable", job=job_id, state=state)
    ensure_supervisor()


def get_job(job_id: str) -> Job:
    """The job as it stands; InputError if there is none."""
    with Store() as store:
        return store.get(job_id)


def list_jobs(workspace_name: str | None = None) -> list[Job]:
    """The jobs of a workspace, or of all, newest first."""
    with Store() as store:
        return store.of_workspace(workspace_name)


def jobs_ahead(job: Job) -> int:
    """How many jobs, of all workspaces, get a device before `job`, the running ones included.

    The order is that of `Store.claim`: workspaces take turns, each with its oldest job.
    """
    jobs = list_jobs()
    turns: dict[str, float] = defaultdict(float)
    waiting: dict[str, list[Job]] = defaultdict(list)
    for other in reversed(jobs):
        turns[other.workspace] = max(turns[other.workspace], other.started or 0)
        if other.state == "queued":
            waiting[other.workspace].append(other)
    ahead = sum(other.state == "running" for other in jobs)
    turn = time.time()
    while waiting:
        name = min(waiting, key=lambda name: (turns[name], waiting[name][0].created))
        following = waiting[name].pop(0)
        if following.job_id == job.job_id:
            break
        ahead, turn = ahead + 1, turn + 1
        turns[name] = turn
        if not waiting[name]:
            del waiting[name]
    return ahead


def events(job_id: str, after: int = 0) -> list[Event]:
    """What happened in a job since the event with the id `after`, in order."""
    with Store() as store:
        return store.events(job_id, after)


def ensure_supervisor() -> None:
    """Start the supervisor of this state folder unless it runs; cheap, safe to call often."""
    lock = take(home() / "supervisor.lock")
    if lock is None:
        return
    # The child inherits the lock itself, so that at no moment two could start.
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
        os.pwrite(lock, str(process.pid).encode().ljust(20), 0)  # for whoever wants to end it
    finally:
        os.close(lock)
    # Whoever started it must wait on it, or it stays a zombie when it leaves.
    threading.Thread(target=process.wait, daemon=True).start()
