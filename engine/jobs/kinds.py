"""The kinds of jobs. A job names one of them; nothing is imported by a name from the database."""

from collections.abc import Callable

from engine.jobs.job import DOWNLOAD, Job
from engine.models.pretrained import fetch
from engine.progress import Progress
from engine.storage.workspace import Workspace
from engine.tasks import get_task

Work = Callable[[Workspace, Job, Progress], object]


def train(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Train the job's task; a run that has checkpoints goes on from the last one."""
    from engine.training.run import recorded_settings, train_run  # torch: for workers alone

    settings = recorded_settings(get_task(job.task), job.config)
    train_run(workspace, job.task, settings, progress, run_id=job.run_id)


def download(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Download the model that the job's config names."""
    fetch(job.config["model"], progress)


KINDS: dict[str, Work] = {"train": train, DOWNLOAD: download}
