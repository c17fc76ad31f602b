"""The kinds of jobs. A job names one of them; nothing is imported by a name from the database."""

from collections.abc import Callable

from engine.jobs.job import Job
from engine.progress import Progress
from engine.storage.workspace import Workspace

Work = Callable[[Workspace, Job, Progress], object]


def train(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Train the job's task, from the run's last checkpoint if it has one."""
    from engine.training.run import train_run  # only the worker may load torch

    train_run(workspace, job.task, job.config, progress, run_id=job.run_id)


KINDS: dict[str, Work] = {"train": train}
