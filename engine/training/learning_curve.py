"""How much data is enough? The same training on four shares of its examples, measured alike."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from engine.config import TrainingConfig, with_changes
from engine.evaluation.compare import metric_interval, paired_interval
from engine.evaluation.heldout import systems_of
from engine.models.pretrained import locate
from engine.progress import Progress, WithoutPoints
from engine.storage.files import make_folder
from engine.storage.learning_curves import (
    CurvePoint,
    LearningCurve,
    load_points,
    save_curve,
    save_points,
)
from engine.storage.runs import list_runs, load_heldout
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables
from engine.tasks import ENTRIES, get_task
from engine.tasks.base import Dataset, Task
from engine.training.plan import estimate
from engine.training.run import make_config, new_run_id

# Each lies within the next, and all are measured on the same held-out examples.
SHARES = (0.12, 0.25, 0.5, 1.0)
TUNED = "tuned"

Outputs = dict[str, Any]


def measure_curve(
    workspace: Workspace,
    task_name: str,
    changes: Mapping[str, Any],
    progress: Progress,
    curve_id: str = "",
) -> LearningCurve:
    """Train `task_name` on each of `SHARES` of its training examples and record what it reached.

    `changes` are settings that differ from the preset's. The whole is taken from a run with the
    same settings and data where there is one. A curve that was stopped keeps the points it has and
    goes on in the middle of a training. Raises InputError when the data or settings allow no
    training, and Cancelled.
    """
    started = time.time()
    curve_id = curve_id or new_run_id(task_name)
    staging = workspace.folder / "runs" / f".{curve_id}"
    make_folder(staging)
    task, tables = get_task(task_name), workspace.tables()
    config = with_changes(make_config(task, tables, changes), {"train_share": 1.0})
    progress.stage("dataset")
    dataset = task.dataset(tables, config)
    for model in config.pretrained:
        locate(model, progress)
    points = load_points(staging, tables.fingerprint)
    whole = _run_before(workspace, task, config, tables)
    left = SHARES[len(points) : -1 if whole else None]
    untuned: Outputs = {}
    if left:
        _predict(task, config, tables, left, progress)
        untuned = task.outputs(task.untuned(tables, config, progress), dataset.test)
    for share in left:
        trained = _train(task, config, tables, share, untuned, staging / f"{share:g}", progress)
        if share < 1:
            points = (*points, _point(trained, share, dataset, progress))
            save_points(staging, points, tables.fingerprint)
        else:
            whole = trained
    assert whole is not None  # noqa: S101 - the whole is measured last, or was before
    points = (*points, _point(whole, 1.0, dataset, progress))
    system, baseline = whole.followed, _hardest(task_name, whole, points[-1])
    curve = LearningCurve(
        curve_id=curve_id,
        task=task_name,
        created=started,
        config=config.model_dump(),
        primary_metric=whole.metric,
        system=system,
        baseline=baseline,
        ahead=paired_interval(whole.heldout, system, baseline).as_json(),
        points=points,
        n_test=len(dataset.test),
        data_fingerprint=tables.fingerprint,
        seconds=time.time() - started,
    )
    save_curve(workspace, curve)
    shutil.rmtree(staging, ignore_errors=True)
    return curve


@dataclass(frozen=True)
class _Trained:
    """One training's held-out answers; `plain` are the systems that it did not tune."""

    heldout: pd.DataFrame
    metric: str
    recommended: str
    plain: frozenset[str]
    seconds: float

    @property
    def followed(self) -> str:
        """What is recommended, or the tuned model where that is a baseline."""
        return TUNED if self.recommended in self.plain else self.recommended


def _train(
    task: Task,
    config: TrainingConfig,
    tables: Tables,
    share: float,
    untuned: Outputs,
    folder: Path,
    progress: Progress,
) -> _Trained:
    """Learn from a `share` of the examples; checkpoints go to `folder`."""
    started = time.time()
    torch.manual_seed(0)
    make_folder(folder)
    config = with_changes(config, {"train_share": share})
    dataset = task.dataset(tables, config)
    progress.stage("baselines")
    plain = untuned | task.baselines(dataset, dataset.test, config)
    progress.check()
    # The losses of four trainings in one chart would say nothing.
    bundle = task.train(dataset, config, folder, WithoutPoints(progress))
    progress.stage("measure")
    answers = plain | task.outputs(bundle, dataset.test)
    evaluator = task.evaluator(dataset)
    heldout = evaluator.heldout_rows(dataset.test, answers)
    shutil.rmtree(folder, ignore_errors=True)
    metric, recommended = evaluator.primary_metric, bundle.recommended
    return _Trained(heldout, metric, recommended, frozenset(plain), time.time() - started)


def _run_before(
    workspace: Workspace, task: Task, config: TrainingConfig, tables: Tables
) -> _Trained | None:
    """A run with these settings on these data, which need not be trained again."""
    for run in list_runs(workspace, task.name):
        if run.config == config.model_dump() and run.data_fingerprint == tables.fingerprint:
            heldout = load_heldout(workspace, run.run_id)
            plain = frozenset(run.baselines)
            return _Trained(heldout, run.primary_metric, run.recommended, plain, run.seconds)
    return None


def _point(trained: _Trained, share: float, whole: Dataset, progress: Progress) -> CurvePoint:
    systems = {name: metric_interval(trained.heldout, name) for name in systems_of(trained.heldout)}
    n_train = round(share * len(whole.train))
    progress.point(trained.metric, systems[trained.followed][0], n_train)
    return CurvePoint(share, n_train, trained.recommended, systems, trained.seconds)


def _hardest(task: str, whole: _Trained, point: CurvePoint) -> str:
    """The best of what the tuned model can fairly be compared with."""
    fair = whole.plain - set(ENTRIES[task].unfair_baselines)
    return max(sorted(fair), key=lambda name: point.systems[name][0])


def _predict(
    task: Task, config: TrainingConfig, tables: Tables, shares: Sequence[float], progress: Progress
) -> None:
    """Report how long all `shares` will take, from the plans of the smallest and the largest."""
    progress.stage("plan")
    first, last = shares[0], shares[-1]
    seconds = {}
    for share in {first, last}:
        part = with_changes(config, {"train_share": share})
        seconds[share] = estimate(task, task.dataset(tables, part), part, progress).seconds
    progress.point("predicted_seconds", len(shares) * seconds[first] + _slope(shares, seconds), 0)


def _slope(shares: Sequence[float], seconds: Mapping[float, float]) -> float:
    """What the shares above the first take longer, together; time grows in line with the share."""
    first, last = shares[0], shares[-1]
    if first == last:
        return 0.0
    return (seconds[last] - seconds[first]) * sum(s - first for s in shares) / (last - first)
