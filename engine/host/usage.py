"""Who uses what: the workspaces of a server with their size, last use and jobs."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from engine.jobs import cancel, list_jobs
from engine.jobs.job import Job
from engine.models.download import PARTS
from engine.models.pretrained import models_folder
from engine.settings import home
from engine.storage.quota import bytes_in, last_change
from engine.storage.tidy import tidy_home
from engine.storage.workspace import Workspace


@dataclass(frozen=True)
class WorkspaceUsage:
    """What one workspace takes: `used` is the last change in epoch seconds, `jobs` the active."""

    name: str
    title: str
    bytes: int
    rows: int
    used: float
    jobs: int


@dataclass(frozen=True)
class Usage:
    """What a server's state takes; bytes of the state folder, of models, and free on the disk."""

    workspaces: Sequence[WorkspaceUsage]
    jobs: Sequence[Job]
    bytes: int
    model_bytes: int
    free_bytes: int


def read_usage() -> Usage:
    """What everybody uses now, the biggest workspace first."""
    active = [job for job in list_jobs() if job.active]
    workspaces = [_usage_of(workspace, active) for workspace in all_workspaces()]
    return Usage(
        sorted(workspaces, key=lambda one: one.bytes, reverse=True),
        active,
        bytes_in(home()),
        bytes_in(models_folder()),
        shutil.disk_usage(home()).free,
    )


def all_workspaces() -> list[Workspace]:
    """Every workspace that opens, by name; broken ones are passed over."""
    folders = (home() / "workspaces").glob("[!.]*")
    opened = (Workspace.read(folder) for folder in sorted(folders) if folder.is_dir())
    return [workspace for workspace in opened if workspace is not None]


def delete_workspace(name: str) -> None:
    """Stop the jobs of a workspace, then delete it for good. Raises InputError if it is unknown."""
    workspace = Workspace.open(name)
    for job in list_jobs(name):
        if job.active:
            cancel(job.job_id)
    workspace.delete()


def free_space() -> int:
    """Delete what nobody needs any more, and say how many bytes that gave back.

    That is what kills left, downloads that were stopped, and logs of jobs that are over.
    """
    before = bytes_in(home()) + bytes_in(models_folder())
    tidy_home(home())
    for part in models_folder().glob(PARTS):
        shutil.rmtree(part, ignore_errors=True)
    running = {job.job_id for job in list_jobs() if job.active}
    for log in (home() / "logs").glob("job-*.log"):
        if log.stem.removeprefix("job-") not in running:
            log.unlink(missing_ok=True)
    return before - bytes_in(home()) - bytes_in(models_folder())


def _usage_of(workspace: Workspace, active: Sequence[Job]) -> WorkspaceUsage:
    tables = workspace.about_tables()
    return WorkspaceUsage(
        workspace.name,
        workspace.title,
        bytes_in(workspace.folder),
        sum(record["rows"] for record in tables.values()),
        last_change(workspace.folder),
        sum(job.workspace == workspace.name for job in active),
    )
