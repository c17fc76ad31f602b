"""The kinds of jobs: what does each, and where it runs.

A job names one of `KINDS`; nothing is imported by a name from the database. What pages do with the
jobs of a kind is a module of its own beside this one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import InputError
from engine.jobs.job import CURVE, SWEEP, TRAIN, Job
from engine.jobs.secret_pipe import take_secret
from engine.model_export.kept import keep_archive, keep_gguf, upload
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
    - `spreads`: whether on a cluster it has other processes compute, which take the GPUs.
    """

    work: Work
    device: str = ""
    spreads: bool = False


def train(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Train the job's task; a run that has checkpoints goes on from the last one."""
    from engine.training.run import recorded_settings, train_run  # torch: for workers alone

    settings = recorded_settings(get_task(job.task), job.config)
    train_run(workspace, job.task, settings, progress, run_id=job.run_id)


def curve(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Measure the job's learning curve; one that was stopped goes on with what is missing."""
    from engine.training.learning_curve import measure_curve
    from engine.training.run import recorded_settings

    settings = recorded_settings(get_task(job.task), job.config)
    measure_curve(workspace, job.task, settings, progress, curve_id=job.run_id)


def sweep(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Try the settings that the job's config lists under `grid`, on top of its other settings."""
    from engine.training.run import recorded_settings
    from engine.training.sweep import run_sweep

    settings = recorded_settings(get_task(job.task), job.config)
    run_sweep(workspace, job.task, settings, job.config["grid"], progress, sweep_id=job.run_id)


def download(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Download the model that the job's config names."""
    fetch(job.config["model"], progress)


def export(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Pack the model of the run that the job's config names, or upload it to a `repository`."""
    run_id, language = job.config["run"], job.config["language"]
    if "repository" not in job.config:
        progress.stage("pack")
        if weights := job.config.get("gguf"):
            keep_gguf(workspace, job.task, run_id, weights, language)
            return
        keep_archive(workspace, job.task, run_id, language)
        return
    token = take_secret(job.config["token"])
    if not token:
        raise InputError("jobs.token_gone")
    progress.stage("upload")
    upload(workspace, job.task, run_id, language, job.config["repository"], token)


def write_copy(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Write what is left of the batch of copy that the job's config names."""
    # Torch, and the words of claims, which no other job has to wait for.
    from engine.tasks.describe.batch import open_batch
    from engine.tasks.describe.batch_writing import write_rest
    from engine.training.evaluate import open_bundle

    batch, task = open_batch(workspace, job.config["batch"]), get_task(job.task)
    bundle = open_bundle(workspace, job.task, batch.run_id, progress)
    write_rest(workspace, batch, lambda inputs: task.predict(bundle, inputs), progress)


def encode(workspace: Workspace, job: Job, progress: Progress) -> None:
    """Encode the products by the search model of the run that the job's config names."""
    from engine.jobs.catalog_encoding import encode_catalog  # torch

    encode_catalog(workspace, job, progress)


KINDS = {
    TRAIN: Kind(train),
    CURVE: Kind(curve),
    SWEEP: Kind(sweep),
    "download": Kind(download, "network"),
    "export": Kind(export, "archives"),
    "copy": Kind(write_copy, "copy"),
    "encode": Kind(encode, spreads=True),
}
# The kinds with a device of their own, and which it is.
OWN_DEVICES = {name: kind.device for name, kind in KINDS.items() if kind.device}
SPREADING = {name for name, kind in KINDS.items() if kind.spreads}
