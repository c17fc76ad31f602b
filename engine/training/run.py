"""One training, as a story: split, measure the baselines, tune, measure again, write it down."""

import resource
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from engine.config import TrainingConfig, still_known
from engine.evaluation.compare import against_all
from engine.evaluation.evaluator import score_systems
from engine.evaluation.heldout import test_fingerprint
from engine.models.pretrained import locate
from engine.progress import Progress
from engine.storage.files import make_folder, replace_folder
from engine.storage.runs import Run, save_run
from engine.storage.summaries import served
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import get_task
from engine.tasks.base import Task
from engine.training.answers import Plan
from engine.training.plan import estimate


def new_run_id(task: str) -> str:
    """A run's name: its task, the time to the second, and four letters against a collision."""
    return f"{task}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"


def make_config(task: Task, tables: Tables, changes: Mapping[str, Any]) -> TrainingConfig:
    """The settings of `changes["preset"]` (quick where it names none) with the other changes.

    Raises InputError for an unknown preset or setting.
    """
    rest = dict(changes)
    preset = str(rest.pop("preset", "quick"))
    return task.config(preset, tables, **rest)


def recorded_settings(task: Task, record: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run or a job of before, without those that the task no longer has."""
    return still_known(type(task.config("quick", Tables())), record)


def plan_run(
    workspace: Workspace, task_name: str, changes: Mapping[str, Any], progress: Progress
) -> Plan:
    """What `train_run` with the same arguments would cost. Raises InputError as it does."""
    task, tables = get_task(task_name), served(workspace, workspace.tables())
    config = make_config(task, tables, changes)
    return estimate(task, task.dataset(tables, config), config, progress)


def train_run(
    workspace: Workspace,
    task_name: str,
    changes: Mapping[str, Any],
    progress: Progress,
    run_id: str = "",
) -> Run:
    """Train `task_name` on the workspace's tables and record the run.

    `changes` are settings that differ from the preset's. A run that was stopped goes on from the
    checkpoints it left. Raises InputError when the data or settings do not allow a training, and
    Cancelled; the workspace then holds no trace but the checkpoints.
    """
    started = time.time()
    torch.manual_seed(0)
    run_id = run_id or new_run_id(task_name)
    staging = workspace.folder / "runs" / f".{run_id}"
    checkpoints = staging / "checkpoints"
    make_folder(checkpoints)

    task = get_task(task_name)
    tables = workspace.tables()
    config = make_config(task, tables, changes)
    progress.stage("dataset")
    dataset = task.dataset(tables, config)

    for model in config.pretrained:
        # Here it can be watched and stopped; what comes later only opens it.
        locate(model, progress)
    progress.stage("plan")
    plan = estimate(task, dataset, config, progress)
    progress.point("predicted_seconds", plan.seconds, 0)

    progress.stage("baselines")
    baselines = task.baselines(dataset, dataset.test, config)
    progress.check()
    before = task.outputs(task.untuned(tables, config, progress), dataset.test)

    history = _History(progress)
    train_started = time.time()
    bundle = task.train(dataset, config, checkpoints, history)
    train_seconds = time.time() - train_started

    progress.stage("measure")
    plain = baselines | before
    answers = plain | task.outputs(bundle, dataset.test)
    evaluator = task.evaluator(dataset)
    metrics = score_systems(evaluator, dataset.test, answers)
    heldout = evaluator.heldout_rows(dataset.test, answers)
    against = against_all(heldout, bundle.recommended, [*metrics])

    progress.stage("save")
    with replace_folder(workspace.folder / "runs" / run_id) as folder:
        (folder / "bundle").mkdir()
        bundle.save(folder / "bundle")
        run = Run(
            run_id=run_id,
            task=task_name,
            model=config.model,
            device=plan.device,
            created=started,
            config=config.model_dump(),
            primary_metric=evaluator.primary_metric,
            recommended=bundle.recommended,
            before=metrics["untuned"],
            after=metrics[bundle.recommended],
            baselines={name: metrics[name] for name in plain},
            systems={name: found for name, found in metrics.items() if name not in plain},
            paired={"against": {name: found.as_json() for name, found in against.items()}},
            n_train=len(dataset.train),
            n_validation=len(dataset.validation),
            n_test=len(dataset.test),
            data_fingerprint=tables.fingerprint,
            test_fingerprint=test_fingerprint(heldout),
            seconds=time.time() - started,
            examples_per_second=len(dataset.train) * config.epochs / train_seconds,
            peak_rss_mb=peak_memory_mb(),
            predicted_seconds=plan.seconds,
            history=history.points,
            notes=list(dataset.notes),
        )
        save_run(folder, run, heldout)
    shutil.rmtree(staging, ignore_errors=True)
    return run


def peak_memory_mb() -> float:
    """The most memory this process held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kilobytes, macOS bytes.
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


@dataclass
class _History:
    """Keeps the points of the live curves for the record while passing everything on."""

    progress: Progress

    def __post_init__(self) -> None:
        self.points: list[dict[str, float | str]] = []

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        self.progress.stage(name, done, total)

    def point(self, metric: str, value: float, step: int) -> None:
        self.points.append({"metric": metric, "value": value, "step": step})
        self.progress.point(metric, value, step)

    def check(self) -> None:
        self.progress.check()
