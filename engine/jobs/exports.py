"""Exports of tuned models: as an archive that the workspace keeps, or to the user's own place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.jobs.job import Job
from engine.jobs.queue import COMMAND_LINE, list_jobs, submit
from engine.jobs.secret_pipe import offer_secret
from engine.model_export.gguf_weights import WEIGHTS, Weights
from engine.model_export.kept import address_of, archive_of, gguf_of
from engine.storage.runs import Run
from engine.storage.workspace import Workspace

KIND = "export"


@dataclass(frozen=True)
class Export:
    """How the exports of a run stand.

    `job` is the newest, `archive` and `gguf` (by its weights) are what was packed, and `address` is
    where the model was uploaded to last.
    """

    job: Job | None = None
    archive: Path | None = None
    address: str = ""
    gguf: Mapping[Weights, Path] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Whether an export waits or runs."""
        return self.job is not None and self.job.active


def start_export(
    workspace: Workspace,
    run: Run,
    language: str,
    *,
    weights: Weights | None = None,
    repository: str = "",
    token: str = "",
    owner: str = COMMAND_LINE,
) -> str:
    """Have the model of `run` exported, unless that goes on already; returns the job's id.

    With `weights` a generator becomes a GGUF file. With `repository` the model is uploaded instead,
    with the user's `token`, which is written to no file. Raises what `submit` raises.
    """
    job = read_export(workspace, run).job
    if job is not None and job.active:
        return job.job_id
    config = {"run": run.run_id, "language": language}
    if weights:
        config["gguf"] = weights
    if repository:
        config |= {"repository": repository, "token": offer_secret(token)}
    return submit(workspace.name, run.task, config, kind=KIND, owner=owner)


def read_export(workspace: Workspace, run: Run) -> Export:
    """How the exports of `run` stand."""
    exports = (job for job in list_jobs(workspace.name) if job.kind == KIND)
    job = next((job for job in exports if job.config.get("run") == run.run_id), None)
    archive = archive_of(workspace, run.run_id)
    return Export(
        job,
        archive if archive.is_file() else None,
        address_of(workspace, run.run_id),
        {one: file for one in WEIGHTS if (file := gguf_of(workspace, run.run_id, one)).is_file()},
    )
