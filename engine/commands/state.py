"""Commands that show the machine, its models, jobs and runs."""

import platform
import shutil
from dataclasses import asdict
from importlib import metadata
from typing import Annotated, Any

import psutil
import typer

from engine.commands.arguments import WorkspaceName
from engine.jobs import list_jobs
from engine.jobs.job import Job
from engine.messages import say
from engine.models.pretrained import describe, models_folder
from engine.serving.running import list_running
from engine.settings import cpu_threads, home
from engine.storage.deployments import Deployments
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace
from engine.tasks import TASKS

GIGABYTE = 2**30
# What training the default encoder on a sample shop needs, with some room to spare.
MEMORY_GB, DISK_GB = 3.0, 2.0
PACKAGES = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "pandas", "streamlit")


def doctor(
    context: typer.Context,
    quick: Annotated[
        bool, typer.Option("--quick", help="Leave out what takes seconds to find: the device.")
    ] = False,
) -> dict[str, Any]:
    """Check machine, device, models and disk, and say how to fix what is missing."""
    language = context.obj
    memory, disk = psutil.virtual_memory(), shutil.disk_usage(home())
    versions = {name: _version(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    models = describe()
    problems: list[tuple[str, dict[str, object]]] = []
    if missing:
        problems.append(("cli.packages_missing", {"packages": ", ".join(missing)}))
    if memory.available < MEMORY_GB * GIGABYTE:
        free = memory.available / GIGABYTE
        problems.append(("cli.little_memory", {"free": free, "want": MEMORY_GB}))
    if disk.free < DISK_GB * GIGABYTE:
        problems.append(("cli.little_disk", {"free": disk.free / GIGABYTE, "want": DISK_GB}))
    if not any(model["available"] for model in models):
        problems.append(("cli.no_model_yet", {"folder": models_folder()}))
    return {
        "machine": {
            "system": platform.platform(),
            "python": platform.python_version(),
            "cpus": cpu_threads(),
            "memory_gb": memory.total / GIGABYTE,
            "memory_free_gb": memory.available / GIGABYTE,
        },
        "device": None if quick or "torch" in missing else _device(),
        "packages": versions,
        "models": models,
        "models_running": [asdict(one) for one in list_running()],
        "disk": {"home": home(), "free_gb": disk.free / GIGABYTE},
        "problems": [
            {"code": code, "message": say(code, language, **params)} for code, params in problems
        ],
        "ok": not problems,
    }


def jobs(
    context: typer.Context,
    workspace: Annotated[str | None, typer.Argument(metavar="[WORKSPACE]")] = None,
) -> dict[str, Any]:
    """List the jobs of a workspace, or of all, newest first."""
    if workspace is not None:
        Workspace.open(workspace)
    return {"jobs": [_job_as_json(job, context.obj) for job in list_jobs(workspace)]}


def runs(workspace: WorkspaceName) -> dict[str, Any]:
    """List a workspace's runs with their results, newest first, and which of them are served."""
    shop = Workspace.open(workspace)
    records = [run.as_json() for run in list_runs(shop)]
    for record in records:
        del record["history"]
    deployments = Deployments(shop)
    current = {task: deployments.current(task) for task in TASKS}
    served = {task: run for task, run in current.items() if run != UNTUNED}
    return {"workspace": workspace, "served": served, "runs": records}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _device() -> dict[str, object]:
    import torch

    if not torch.cuda.is_available():
        return {"kind": "cpu", "name": platform.processor() or platform.machine()}
    gpu = torch.cuda.get_device_properties(0)
    return {"kind": "cuda", "name": gpu.name, "memory_gb": gpu.total_memory / GIGABYTE}


def _job_as_json(job: Job, language: str) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "workspace": job.workspace,
        "task": job.task,
        "kind": job.kind,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "run_id": job.run_id,
        "predicted_seconds": job.predicted_seconds,
        "created": job.created,
        "started": job.started,
        "finished": job.finished,
        "reason": job.reason,
        "message": job.message(language),
    }
