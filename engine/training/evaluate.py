"""Measuring and asking a run's systems outside its training: on a user's file, or once more."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors import SafetensorError

from engine.config import TrainingConfig
from engine.errors import InputError, ShoplabError
from engine.evaluation.compare import against_all, paired_interval
from engine.evaluation.evaluator import score_systems
from engine.evaluation.ranking import JUDGED
from engine.progress import Progress
from engine.storage.runs import UNTUNED, Run, list_runs, load_run, run_folder, run_id_of
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.base import Bundle, Dataset, Task
from engine.text.words import normalise
from engine.training.run import make_config, recorded_settings

# What reading the files of an older version, or damaged ones, ends in: safetensors, torch and JSON
# each have their own way to say so.
UNREADABLE = (OSError, LookupError, TypeError, ValueError, RuntimeError, SafetensorError)
# Pairs of systems whose difference answers a question of its own, where both were measured.
QUESTIONS = (
    ("tuned", "untuned"),
    ("hybrid_tuned", "hybrid_untuned"),
    ("ranked_tuned", "ranked_untuned"),
    ("hybrid_tuned", "bm25"),
)


def open_bundle(
    workspace: Workspace, task_name: str, run_id: str | None, progress: Progress
) -> Bundle:
    """The model of a run, of the newest run of the task (None), or the `untuned` one.

    Raises InputError for a run that the workspace has not, or that is another task's.
    """
    run = _find_run(workspace, task_name, run_id)
    task, tables = get_task(task_name), workspace.tables()
    if run is None:
        return task.untuned(tables, task.config("quick", tables), progress)
    progress.stage("load")
    return load_bundle(workspace, task, run.run_id, tables)


def load_bundle(workspace: Workspace, task: Task, run_id: str, tables: Tables) -> Bundle:
    """The model that a run saved.

    Raises ShoplabError `tasks.unreadable_run` where its files are missing or not as they should be.
    """
    try:
        return task.load(run_folder(workspace, run_id) / "bundle", tables)
    except UNREADABLE as error:
        raise ShoplabError("tasks.unreadable_run", run=run_id) from error


def evaluate_heldout(
    workspace: Workspace, task_name: str, run_id: str | None, progress: Progress
) -> dict[str, Any]:
    """What a run measured on its held-out rows, as recorded.

    For `untuned` the untuned systems and baselines are measured on what a training would hold out
    now.
    """
    run = _find_run(workspace, task_name, run_id)
    task = get_task(task_name)
    if run is None:
        tables = workspace.tables()
        config = task.config("quick", tables)
        dataset = task.dataset(tables, config)
        answers = task.baselines(dataset, dataset.test, config)
        bundle = task.untuned(tables, config, progress)
        answers |= task.outputs(bundle, dataset.test)
        return _report(task, dataset, answers, bundle.recommended)
    return {
        "run_id": run.run_id,
        "task": run.task,
        "primary_metric": run.primary_metric,
        "recommended": run.recommended,
        "queries": run.n_test,
        "systems": run.baselines | run.systems,
        "paired": run.paired,
    }


def evaluate_file(
    workspace: Workspace, task_name: str, run_id: str | None, file: Path, progress: Progress
) -> dict[str, Any]:
    """Every system of a run, and the baselines, on the examples of `file`; nothing is stored.

    For search `file` holds judgments (query, product_id, relevance) and all queries with a relevant
    product of the catalog are searched in the whole catalog; for cross-sell it holds orders, and of
    each basket one product is left out to be found. For a classification task it
    holds a query column and a column of true labels per head. `seen_in_training` counts examples
    that the run has learned or chosen by, null where the workspace's data is no longer the run's.
    Raises InputError for a file that cannot be used as it is.
    """
    run = _find_run(workspace, task_name, run_id)
    task, tables = get_task(task_name), workspace.tables()
    config = make_config(task, tables, recorded_settings(task, run.config) if run else {})
    dataset = task.dataset_from(file, tables, config)
    part = dataset.test
    progress.stage("baselines")
    answers = task.baselines(dataset, part, config)
    progress.stage("untuned")
    bundle = task.untuned(tables, config, progress)
    answers |= task.outputs(bundle, part)
    if run is not None:
        progress.stage("measure")
        bundle = load_bundle(workspace, task, run.run_id, tables)
        answers |= task.outputs(bundle, part)
    found = _report(task, dataset, answers, bundle.recommended)
    seen = _seen(task, tables, config, run, part)
    return found | {"run_id": run_id_of(run), "seen_in_training": seen}


def _find_run(workspace: Workspace, task_name: str, run_id: str | None) -> Run | None:
    get_task(task_name)
    if run_id == UNTUNED:
        return None
    if run_id is None:
        newest = list_runs(workspace, task_name)
        if not newest:
            raise InputError("tasks.no_run", task=task_name, workspace=workspace.name)
        return newest[0]
    run = load_run(workspace, run_id)
    if run.task != task_name:
        raise InputError("tasks.other_run", run=run_id, task=task_name, other=run.task)
    return run


def _report(
    task: Task, dataset: Dataset, answers: Mapping[str, Any], recommended: str
) -> dict[str, Any]:
    part = dataset.test
    evaluator = task.evaluator(dataset)
    systems = score_systems(evaluator, part, answers)
    heldout = evaluator.heldout_rows(part, answers)
    paired: dict[str, Any] = {
        "against": {
            name: interval.as_json()
            for name, interval in against_all(heldout, recommended, list(answers)).items()
        }
    }
    for system, other in QUESTIONS:
        if system in answers and other in answers:
            found = paired_interval(heldout, system, other)
            paired[f"{system}_vs_{other}"] = found.as_json()
    report: dict[str, Any] = {
        "task": task.name,
        "primary_metric": evaluator.primary_metric,
        "recommended": recommended,
        "queries": len(part),
        "systems": systems,
        "paired": paired,
    }
    judged = {name: found[JUDGED] for name, found in systems.items() if JUDGED in found}
    if judged:
        shares = {name: 1 - share for name, share in judged.items()}
        report["unjudged_at_10"] = {k: v for k, v in shares.items() if math.isfinite(v)}
    return report


def _seen(
    task: Task, tables: Tables, config: TrainingConfig, run: Run | None, part: pd.DataFrame
) -> int | None:
    if run is None:
        return 0
    if run.data_fingerprint != tables.fingerprint:
        return None
    dataset = task.dataset(tables, config)
    frames = (dataset.train, dataset.validation, dataset.kept)
    learned = pd.concat([frame["input"] for frame in frames]).map(normalise)
    return int(part["input"].map(normalise).isin(set(learned)).sum())
