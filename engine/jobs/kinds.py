"""The kinds of jobs: what does each, and where it runs.

A job names one of `KINDS`; nothing is imported by a name from the database. What pages do with the
jobs of a kind is a module of its own beside this one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from engine.jobs.job import Job
from engine.models.pretrained import fetch
from engine.progress import Progress
from engine.storage.workspace import Workspace
from engine.tasks import get_task

Work = Callable[[Workspace, Job, Progress], object]


@dataclass(frozen=True)
class Kind:
    """How jobs of a kind are done.

    - `work`: does one. It is called again after a crash or a stop, and goes on where it was.
    - `device`: a device of the kind's own, which does one job at a time and keeps no training
      waiting; empty for jobs that take one of the launcher's devices.
    """

    work: Work
    device: str = ""


def train(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Train the job's task; a run that has checkpoints goes on from the last one."""
    from engine.training.run import recorded_settings, train_run  # torch: for workers alone

    settings = recorded_settings(get_task(job.task), job.config)
    train_run(workspace, job.task, settings, progress, run_id=job.run_id)


def download(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Download the model that the job's config names."""
    fetch(job.config["model"], progress)


KINDS = {
    "train": Kind(train),
    "download": Kind(download, "network"),
}
# The kinds with a device of their own, and which it is.
OWN_DEVICES = {name: kind.device for name, kind in KINDS.items() if kind.device}
