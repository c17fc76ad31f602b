"""A few settings in one job: chosen on validation, then measured once on the test examples."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from engine.config import TrainingConfig, with_changes
from engine.errors import InputError
from engine.evaluation.compare import best_of_luck, metric_interval
from engine.evaluation.heldout import test_fingerprint
from engine.models.pretrained import locate
from engine.progress import Progress, WithoutPoints
from engine.storage.files import make_folder, read_text, write_atomically, write_json
from engine.storage.runs import Run
from engine.storage.sweeps import Sweep, Trial, list_sweeps, save_sweep
from engine.storage.workspace import Workspace
from engine.tasks import get_task
from engine.tasks.base import Dataset, Task
from engine.training.plan import estimate
from engine.training.run import make_config, new_run_id, train_run

# More settings than these are no small sweep: the best of them would be mostly luck.
MOST_TRIALS = 12
Grid = Mapping[str, Sequence[Any]]


def run_sweep(
    workspace: Workspace,
    task_name: str,
    changes: Mapping[str, Any],
    grid: Grid,
    progress: Progress,
    sweep_id: str = "",
) -> tuple[Sweep, Run]:
    """Train every combination of `grid` on top of `changes`, and record the chosen one as a run.

    The best on validation is chosen if it is further ahead than the best of so many equal settings
    would be by luck, else the first. Only then is the test part opened. A sweep that was stopped
    goes on with the trials it lacks. Raises InputError for settings that cannot be used or that
    would be measured on different examples, and Cancelled.
    """
    sweep_id = sweep_id or new_run_id(task_name)
    base = make_config(get_task(task_name), workspace.tables(), changes)
    kept = [one for one in list_sweeps(workspace) if one.sweep_id == sweep_id]
    sweep = kept[0] if kept else _try_all(workspace, task_name, base, grid, progress, sweep_id)
    settings = with_changes(base, sweep.trials[sweep.chosen].changes).model_dump()
    return sweep, train_run(workspace, task_name, settings, progress, run_id=sweep_id)


def _try_all(
    workspace: Workspace,
    task_name: str,
    base: TrainingConfig,
    grid: Grid,
    progress: Progress,
    sweep_id: str,
) -> Sweep:
    """Train every combination and keep the choice, with the checkpoints of the chosen one."""
    started = time.time()
    staging = workspace.folder / "runs" / f".{sweep_id}"
    make_folder(staging)
    task, tables = get_task(task_name), workspace.tables()
    combinations = list_combinations(grid)
    configs = [with_changes(base, combination) for combination in combinations]
    progress.stage("dataset")
    datasets = [task.dataset(tables, config) for config in configs]
    _refuse_other_examples(task, datasets)
    for model in dict.fromkeys(model for config in configs for model in config.pretrained):
        locate(model, progress)
    progress.stage("plan")
    plans = (estimate(task, *both, progress) for both in zip(datasets, configs, strict=True))
    progress.point("predicted_seconds", sum(plan.seconds for plan in plans), 0)
    metric = task.evaluator(datasets[0]).primary_metric
    tried = []
    for place, (config, dataset) in enumerate(zip(configs, datasets, strict=True)):
        tried.append(_try(task, config, dataset, staging / f"trial-{place}", progress))
        progress.point(metric, tried[-1].interval[0], place + 1)
    sweep = _choose(sweep_id, task, started, datasets[0], combinations, tried)
    # The chosen training goes on from its last checkpoint, so it is not done twice.
    (staging / f"trial-{sweep.chosen}").rename(staging / "checkpoints")
    save_sweep(workspace, sweep)
    return sweep


def list_combinations(grid: Grid) -> list[dict[str, Any]]:
    """Every combination of the values of a grid, in the order in which they were listed.

    Raises InputError for fewer than two or more than `MOST_TRIALS`.
    """
    combinations = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    if not 2 <= len(combinations) <= MOST_TRIALS:
        raise InputError("sweep.size", n=len(combinations), most=MOST_TRIALS)
    return combinations


@dataclass(frozen=True)
class _Tried:
    """What a trial's recommended system answered on the validation rows, in the column `trial`."""

    recommended: str
    heldout: pd.DataFrame

    @property
    def interval(self) -> tuple[float, float, float]:
        return metric_interval(self.heldout, "trial")


def _refuse_other_examples(task: Task, datasets: Sequence[Dataset]) -> None:
    """A setting that changes what is held out makes figures that cannot be compared."""
    prints = {
        test_fingerprint(task.evaluator(dataset).heldout_rows(part, {}))
        for dataset in datasets
        for part in (pd.concat([dataset.validation, dataset.test], ignore_index=True),)
    }
    if len(prints) > 1:
        raise InputError("sweep.other_examples")


def _try(
    task: Task, config: TrainingConfig, dataset: Dataset, folder: Path, progress: Progress
) -> _Tried:
    """Train one setting, unless it was before; checkpoints and answers lie in `folder`."""
    make_folder(folder)
    answers_file, about_file = folder / "answers.parquet", folder / "about.json"
    data = dataset.tables.fingerprint
    about = json.loads(read_text(about_file) or "{}")
    if about.get("data") == data:
        return _Tried(about["recommended"], pd.read_parquet(answers_file))
    torch.manual_seed(0)
    bundle = task.train(dataset, config, folder, WithoutPoints(progress))
    progress.stage("choose")
    part, recommended = dataset.validation, bundle.recommended
    answers = task.outputs(bundle, part)
    if recommended not in answers:
        answers = task.baselines(dataset, part, config)
    heldout = task.evaluator(dataset).heldout_rows(part, {"trial": answers[recommended]})
    write_atomically(answers_file, lambda file: heldout.to_parquet(file, index=False))
    write_json(about_file, {"recommended": recommended, "data": data})
    return _Tried(recommended, heldout)


def _choose(
    sweep_id: str,
    task: Task,
    started: float,
    dataset: Dataset,
    combinations: Sequence[Mapping[str, Any]],
    tried: Sequence[_Tried],
) -> Sweep:
    trials = tuple(
        Trial(changes, one.recommended, *one.interval)
        for changes, one in zip(combinations, tried, strict=True)
    )
    values = [trial.value for trial in trials]
    best = values.index(max(values))
    lead = values[best] - sum(values) / len(values)
    luck = best_of_luck([one.heldout for one in tried], "trial")
    return Sweep(
        sweep_id=sweep_id,
        task=task.name,
        created=started,
        primary_metric=task.evaluator(dataset).primary_metric,
        trials=trials,
        chosen=best if lead > luck else 0,
        lead=lead,
        luck=luck,
        n_validation=len(dataset.validation),
    )
