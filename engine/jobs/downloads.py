"""Downloads of models: each by one job, which everybody who needs the model shares."""

from engine.jobs.job import Job
from engine.jobs.queue import COMMAND_LINE, list_jobs, submit
from engine.models.pretrained import check_name

KIND = "download"


def download(workspace_name: str, model: str, owner: str = COMMAND_LINE) -> str:
    """Have a model downloaded, unless somebody does already; returns the job's id.

    Raises InputError for a name that no model can have, and what `submit` raises.
    """
    check_name(model)
    job = latest_download(model)
    if job is not None and job.active:
        return job.job_id
    return submit(workspace_name, KIND, {"model": model}, kind=KIND, owner=owner)


def latest_download(model: str) -> Job | None:
    """The newest job of any workspace that downloads this model."""
    downloads = (job for job in list_jobs() if job.kind == KIND)
    return next((job for job in downloads if job.config.get("model") == model), None)
