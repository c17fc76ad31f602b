"""Batches of product copy: each is written by a job, which goes on with what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.errors import InputError, ShoplabError
from engine.jobs.job import Job
from engine.jobs.queue import COMMAND_LINE, list_jobs, resume, submit
from engine.storage.workspace import Workspace
from engine.tasks.describe.batch import (
    Batch,
    Row,
    begin_batch,
    delete_batch,
    read_old_failure,
    read_rows,
)
from engine.tasks.describe.brief import Brief

KIND = "copy"

State = Literal["waiting", "writing", "stopping", "stopped", "done"]


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: its texts so far, and the newest job that wrote or writes it.

    A batch from before November 2026 or of a copied workspace may have no job. `failure` is why it
    stopped, if an error stopped it.
    """

    batch: Batch
    rows: Sequence[Row]
    job: Job | None = None
    failure: ShoplabError | None = None

    @property
    def state(self) -> State:
        """What happens to the batch now."""
        if self.job is None or not self.job.active:
            return "done" if len(self.rows) >= len(self.batch.product_ids) else "stopped"
        if self.job.cancel is not None:
            return "stopping"
        return "waiting" if self.job.state == "queued" else "writing"

    @property
    def active(self) -> bool:
        """Whether a job is to write more of it."""
        return self.job is not None and self.job.active


def start_batch(
    workspace: Workspace,
    run_id: str,
    brief: Brief,
    product_ids: Sequence[str],
    owner: str = COMMAND_LINE,
) -> Batch:
    """Begin a batch and have it written. Raises what `submit` raises; then there is no batch."""
    batch = begin_batch(workspace, run_id, brief, product_ids)
    try:
        write_batch(workspace, batch, owner)
    except InputError:
        delete_batch(workspace, batch)
        raise
    return batch


def write_batch(workspace: Workspace, batch: Batch, owner: str = COMMAND_LINE) -> str:
    """Have what is left of a batch written, unless that goes on already; returns the job's id.

    Raises what `submit` and `resume` raise.
    """
    job = latest_job(workspace, batch)
    if job is None or job.state == "done":
        config = {"batch": batch.batch_id}
        return submit(workspace.name, "describe", config, kind=KIND, owner=owner)
    if not job.active:
        resume(job.job_id)
    return job.job_id


def read_progress(workspace: Workspace, batch: Batch) -> BatchProgress:
    """How far a batch is."""
    # In this order: a job that ends in between has written all that there is to read.
    job = latest_job(workspace, batch)
    rows = read_rows(workspace, batch)
    if job is None:
        return BatchProgress(batch, rows, failure=read_old_failure(workspace, batch))
    error = ShoplabError(job.reason, **job.reason_params) if job.reason else None
    return BatchProgress(batch, rows, job, error)


def discard_batch(workspace: Workspace, batch: Batch) -> bool:
    """Remove a batch with its texts, for good; False while a job waits to write it or does."""
    job = latest_job(workspace, batch)
    if job is not None and job.active:
        return False
    delete_batch(workspace, batch)
    return True


def is_busy(workspace: Workspace) -> bool:
    """Whether a batch of the workspace is written or waits."""
    return any(job.kind == KIND and job.active for job in list_jobs(workspace.name))


def latest_job(workspace: Workspace, batch: Batch) -> Job | None:
    """The newest job that writes a batch."""
    written = (job for job in list_jobs(workspace.name) if job.kind == KIND)
    return next((job for job in written if job.config.get("batch") == batch.batch_id), None)
