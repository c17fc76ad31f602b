"""The vectors of a catalog, made as a job: on this machine, or by many machines of a cluster."""

from engine.errors import InputError
from engine.jobs.cluster import configured_cluster
from engine.jobs.queue import COMMAND_LINE, submit
from engine.storage.runs import UNTUNED, load_run
from engine.storage.workspace import Workspace

KIND = "encode"
TASK = "search"


def start_encoding(
    workspace: Workspace, run_id: str = UNTUNED, actors: int = 1, owner: str = COMMAND_LINE
) -> str:
    """Have the catalog encoded by the search model of a run, or the untuned one; the job's id.

    On a cluster `actors` of its processes encode side by side, each with the CPUs and GPUs of a
    job. Raises InputError for a run that is not there or another task's, and what `submit` raises.
    """
    if run_id != UNTUNED and (run := load_run(workspace, run_id)).task != TASK:
        raise InputError("tasks.other_run", run=run_id, task=TASK, other=run.task)
    config: dict[str, object] = {"run": run_id}
    if cluster := configured_cluster():
        config |= {"actors": actors, "cpus": cluster.cpus, "gpus": cluster.gpus}
    return submit(workspace.name, TASK, config, kind=KIND, owner=owner)
