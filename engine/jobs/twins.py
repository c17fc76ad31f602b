"""Trainings that are the same in several teams of a workshop: done once, then shared.

Two jobs are twins if their task, their settings (and so their seed) and their data are equal. Only
the workspaces of one workshop share: nobody else learns what is in another workspace.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from engine.errors import InputError
from engine.jobs.job import Job
from engine.storage.copies import link_run
from engine.storage.files import changed_at
from engine.storage.runs import load_run
from engine.storage.summaries import served
from engine.storage.workspace import Workspace

# A mark of what a job would learn; two twins have the same.
Mark = tuple[object, ...]


def share_run(job: Job, jobs: Sequence[Job]) -> str | None:
    """Give a queued `job` the run of a twin that is done; its id, or None without such a twin."""
    workspace = _team(job)
    if workspace is None:
        return None
    for other in jobs:
        if other.state != "done" or not _alike(job, other):
            continue
        source = Workspace.read(workspace.folder.with_name(other.workspace))
        if source is None or source.workshop != workspace.workshop:
            continue
        try:
            # What the twin learned from, which its workspace may no longer hold.
            if load_run(source, other.run_id).data_fingerprint == _fingerprint(workspace):
                link_run(source, other.run_id, workspace, job.run_id)
                return other.run_id
        except (InputError, OSError):  # deleted meanwhile, or a full disk: then it is trained
            continue
    return None


def leaders(jobs: Sequence[Job]) -> dict[str, Job]:
    """For each waiting training that has an active twin: the twin whose run it will get.

    `jobs` are the active ones in the order in which they get a device.
    """
    first: dict[Mark, Job] = {}
    found: dict[str, Job] = {}
    for job in sorted(jobs, key=lambda job: job.state != "running"):
        mark = _mark(job)
        if mark is not None and (leader := first.setdefault(mark, job)) is not job:
            found[job.job_id] = leader
    return found


def _alike(job: Job, other: Job) -> bool:
    return (job.kind, job.task, job.config) == (other.kind, other.task, other.config) and (
        job.workspace != other.workspace
    )


def _mark(job: Job) -> Mark | None:
    workspace = _team(job)
    if workspace is None:
        return None
    return workspace.workshop, job.task, repr(sorted(job.config.items())), _data(workspace)


def _team(job: Job) -> Workspace | None:
    """The workspace of a training that a team of a workshop asked for."""
    if job.kind != "train":
        return None
    try:
        workspace = Workspace.open(job.workspace)
    except InputError:
        return None
    return workspace if workspace.workshop else None


def _data(workspace: Workspace) -> str:
    return _once(workspace, Workspace.tables_mark) + _once(workspace, _corrections)


def _corrections(workspace: Workspace) -> str:
    return str(workspace.corrections().to_dict("list"))


def _fingerprint(workspace: Workspace) -> str:
    return _once(workspace, _read_fingerprint)


def _read_fingerprint(workspace: Workspace) -> str:
    return served(workspace, workspace.tables()).fingerprint


def _once(workspace: Workspace, derive: Callable[[Workspace], str]) -> str:
    """What `derive` gives for the data of a workspace as it is now, computed once."""
    folder = workspace.folder
    corrected = changed_at(folder / "corrections.jsonl")
    return _derived(folder, workspace.language, workspace.generation, corrected, derive)


@lru_cache(maxsize=256)
def _derived(
    folder: Path, language: str, generation: str, corrected: int, derive: Callable[[Workspace], str]
) -> str:
    return derive(Workspace(folder))
