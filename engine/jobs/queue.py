"""What pages and the command line do with jobs: submit, cancel, resume, list."""

import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

from engine.errors import InputError
from engine.jobs.cluster import configured_cluster
from engine.jobs.job import Event, Job
from engine.jobs.kinds import OWN_DEVICES
from engine.jobs.store import Store
from engine.jobs.turns import Place, place_of, turns
from engine.jobs.twins import leaders
from engine.settings import PROJECT, child_environment, home, host_limits, training_processes
from engine.storage.freeze import refuse_frozen
from engine.storage.lock import take
from engine.storage.quota import check_room
from engine.storage.workspace import Workspace

SUPERVISOR = (sys.executable, "-m", "engine.jobs.supervisor")
# The owner of jobs that no browser asked for.
COMMAND_LINE = "command line"


def submit(
    workspace_name: str,
    task: str,
    config: Mapping[str, Any],
    *,
    kind: str = "train",
    predicted_seconds: float | None = None,
    owner: str = COMMAND_LINE,
) -> str:
    """Queue a job and make sure that a supervisor runs it; returns its id, also that of its run.

    `kind` is one of `engine.jobs.kinds`, `owner` who asks for it. A team of a workshop is an owner
    of its own, since a classroom may share one address. Raises InputError if there is no such
    workspace, it is frozen or takes all the disk it may, too many jobs of it or of the owner wait,
    or the settings of the cluster or of the processes of a training are wrong.
    """
    workspace = Workspace.open(workspace_name)
    check_room(workspace.folder)
    owner = f"team {workspace.name}" if workspace.workshop else owner
    configured_cluster()
    training_processes()
    subject = task if kind == "train" else kind
    job_id = f"{subject}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    with Store() as store:
        _refuse_too_many(store, workspace_name, owner)
        store.add(job_id, workspace_name, task, kind, config, predicted_seconds, owner=owner)
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

    Raises InputError for a job that is queued, running or done, if its workspace is frozen, and if
    too many jobs wait.
    """
    with Store() as store:
        job = store.get(job_id)
        refuse_frozen(home() / "workspaces" / job.workspace)
        _refuse_too_many(store, job.workspace, job.owner)
        if not store.requeue(job_id):
            raise InputError("jobs.not_resumable", job=job_id, state=job.state)
    ensure_supervisor()


def _refuse_too_many(store: Store, workspace: str, owner: str) -> None:
    waiting = store.in_state("queued")
    limits = host_limits()
    if sum(job.workspace == workspace for job in waiting) >= limits.waiting_jobs_of_workspace:
        raise InputError("jobs.workspace_waits", most=limits.waiting_jobs_of_workspace)
    if sum(job.owner == owner for job in waiting) >= limits.waiting_jobs_of_owner:
        raise InputError("jobs.owner_waits", most=limits.waiting_jobs_of_owner)


def get_job(job_id: str) -> Job:
    """The job as it is now. Raises InputError if there is none."""
    with Store() as store:
        return store.get(job_id)


def list_jobs(workspace_name: str | None = None) -> list[Job]:
    """The jobs of a workspace, or of all, newest first."""
    with Store() as store:
        return store.of_workspace(workspace_name)


def find_place(job: Job) -> Place:
    """Where a queued `job` stands among those that wait for the same devices, and for how long.

    Jobs that get the run of a twin take no device. Such a `job` waits as long as its twin.
    """
    device = OWN_DEVICES.get(job.kind)
    rivals = [other for other in list_jobs() if OWN_DEVICES.get(other.kind) == device]
    now = time.time()
    order = [other for other in rivals if other.state == "running"] + turns(rivals[::-1], now)
    twins = leaders(order)
    leader = twins.get(job.job_id, job)
    if leader.state == "running":
        return place_of(job, [leader, job], now)
    alone = [other for other in rivals[::-1] if other.job_id not in twins]
    return place_of(leader, alone, now)


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
