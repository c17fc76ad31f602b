"""What a job can be. A job names its kind; nothing is ever imported by a name from the database."""

from collections.abc import Callable

from engine.jobs.job import Job
from engine.progress import Progress
from engine.storage.workspace import Workspace

Work = Callable[[Workspace, Job, Progress], object]


def train(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Train the job's task; a run that has checkpoints goes on from the last one."""
    from engine.training.run import train_run  # torch belongs to the worker alone

    train_run(workspace, job.task, job.config, progress, run_id=job.run_id)


KINDS: dict[str, Work] = {"train": train}
