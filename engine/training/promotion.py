"""Promotes a run to what the shop serves, with the comparison that speaks for or against it."""

from engine.errors import InputError
from engine.storage.deployments import Deployment, Deployments, Evidence
from engine.storage.runs import Run, load_run, run_folder
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.training.outcome import outcome

# Verdicts of `Outcome` by which the shop would lose, or win nothing.
DID_NOT_HELP = ("worse", "baseline")


def promote(
    workspace: Workspace, task: str, run_id: str, by: str, *, anyway: bool = False
) -> Deployment:
    """Serve run `run_id` of `task` from now on; `by` is the name of who decided it.

    Requests that have begun are still answered by the run before. A run that did not help is served
    only `anyway`. Raises InputError for such a run, one that the workspace has not, one of another
    task, one without a held-out comparison or a model, and one that is served already.
    """
    get_task(task)
    run = load_run(workspace, run_id)
    if run.task != task:
        raise InputError("tasks.other_run", run=run_id, task=task, other=run.task)
    evidence = read_evidence(workspace, run)
    if evidence.verdict in DID_NOT_HELP and not anyway:
        raise InputError(
            "deployment.did_not_help",
            run=run_id,
            system=evidence.system,
            baseline=evidence.baseline,
            metric=evidence.metric,
            difference=f"{evidence.delta:+.3f} [{evidence.low:+.3f}, {evidence.high:+.3f}]",
        )
    return Deployments(workspace).promote(task, run_id, evidence, by)


def rollback(workspace: Workspace, task: str, by: str) -> Deployment:
    """Serve what was served before. Raises InputError if nothing was promoted."""
    get_task(task)
    return Deployments(workspace).rollback(task, by)


def read_evidence(workspace: Workspace, run: Run) -> Evidence:
    """What speaks for or against serving `run`.

    Raises InputError for a run that cannot be served: it has no held-out comparison or no model.
    """
    folder = run_folder(workspace, run.run_id)
    if not (folder / "bundle").is_dir():
        raise InputError("deployment.no_model", run=run.run_id)
    if not (folder / "heldout.parquet").is_file():
        raise InputError("deployment.no_comparison", run=run.run_id)
    try:
        result = outcome(run)
    except (KeyError, ValueError) as error:  # no baseline, or one without an interval
        raise InputError("deployment.no_comparison", run=run.run_id) from error
    return Evidence(
        system=run.recommended,
        metric=run.primary_metric,
        value=run.after[run.primary_metric],
        baseline=result.baseline,
        delta=result.interval.delta,
        low=result.interval.low,
        high=result.interval.high,
        verdict=result.verdict,
    )
