"""The command that encodes a catalog, here or on the machines of a cluster."""

import time
from typing import Annotated, Any

import typer

from engine.commands.arguments import WorkspaceName
from engine.commands.state import job_as_json
from engine.errors import Cancelled, ShoplabError
from engine.jobs import ensure_supervisor, get_job
from engine.jobs.encoding import start_encoding
from engine.jobs.job import Job
from engine.progress import Lines, Progress
from engine.storage.runs import UNTUNED
from engine.storage.workspace import Workspace

POLL_SECONDS = 0.5


def encode(
    context: typer.Context,
    workspace: WorkspaceName,
    run: Annotated[
        str, typer.Option(metavar="RUN", help="Whose search model encodes; untuned by default.")
    ] = UNTUNED,
    actors: Annotated[
        int, typer.Option(min=1, help="How many processes encode side by side on a cluster.")
    ] = 2,
) -> dict[str, Any]:
    """Encode the catalog for search, as a job; Ctrl-C leaves the job to go on by itself."""
    job_id = start_encoding(Workspace.open(workspace), run, actors)
    return job_as_json(_follow(job_id, Lines()), context.obj)


def _follow(job_id: str, progress: Progress) -> Job:
    """Show how far a job is until it is done. Raises ShoplabError with the reason if it failed."""
    shown: tuple[str, int, int] | None = None
    while (job := get_job(job_id)).active:
        now = (job.stage, job.done, job.total)
        if job.stage and now != shown:
            progress.stage(*now)
        shown = now
        ensure_supervisor()
        time.sleep(POLL_SECONDS)
    if job.state == "cancelled":
        raise Cancelled
    if job.reason:
        raise ShoplabError(job.reason, **job.reason_params)
    return job
