"""The record of one training: what went in, what came out, and every held-out answer.

A run's folder holds `run.json` (this record), `bundle/` (the model), `heldout.parquet` (the answers
of every system on the held-out rows, see `engine.evaluation.heldout`).
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from engine.errors import InputError
from engine.storage.files import read_records, read_text, write_json
from engine.storage.old_runs import upgrade
from engine.storage.workspace import Workspace

Metrics = dict[str, float]

# Stands for the pretrained model as it is, where a run's id could stand.
UNTUNED = "untuned"
# What a record raises that is no JSON, or lacks what a record has.
_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True)
class Run:
    """One finished training and what it found.

    `before` is the untuned model, `after` the system the app recommends (`recommended` names it);
    `baselines` and `systems` hold the metrics of every baseline and every other system by name.
    `paired` is `{"against": {name: {"delta", "low", "high"}}}`: recommended minus name on the
    primary metric, 95 % interval. `shared` is the id of the same training in another workspace of
    the workshop, if this is its result.
    """

    run_id: str
    task: str
    model: str
    device: str
    created: float
    config: dict[str, object]
    primary_metric: str
    recommended: str
    before: Metrics
    after: Metrics
    baselines: dict[str, Metrics]
    systems: dict[str, Metrics]
    paired: dict[str, dict[str, Metrics]]
    n_train: int
    n_validation: int
    n_test: int
    data_fingerprint: str
    test_fingerprint: str
    seconds: float
    examples_per_second: float
    peak_rss_mb: float
    predicted_seconds: float
    history: list[dict[str, float | str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shared: str = ""

    def as_json(self) -> dict[str, object]:
        """The record as the command line prints it."""
        return asdict(self)


def run_id_of(run: Run | None) -> str:
    """The id to ask a model by: that of `run`, or `UNTUNED` without one."""
    return run.run_id if run else UNTUNED


def run_folder(workspace: Workspace, run_id: str) -> Path:
    """The folder of run `run_id`; InputError if the workspace has no such run."""
    folder = workspace.folder / "runs" / run_id
    if "/" in run_id or run_id.startswith(".") or not (folder / "run.json").is_file():
        raise InputError("workspace.unknown_run", run=run_id)
    return folder


def save_run(folder: Path, run: Run, heldout: pd.DataFrame) -> None:
    """Write the held-out answers, then the record: `run.json` marks a whole run."""
    heldout.to_parquet(folder / "heldout.parquet", index=False)
    write_json(folder / "run.json", run.as_json())


def load_run(workspace: Workspace, run_id: str) -> Run:
    """The record of run `run_id`; InputError if there is none or it is damaged."""
    file = run_folder(workspace, run_id) / "run.json"
    try:
        text = read_text(file)
        if text is None:  # it was deleted meanwhile
            raise InputError("workspace.unknown_run", run=run_id)
        return _run(json.loads(text))
    except _DAMAGED as error:
        raise InputError("workspace.broken_run", run=run_id) from error


def load_heldout(workspace: Workspace, run_id: str) -> pd.DataFrame:
    """Every system's answers on the held-out rows of run `run_id`.

    Raises InputError if there is no such run, or its answers are damaged.
    """
    file = run_folder(workspace, run_id) / "heldout.parquet"
    try:
        return pd.read_parquet(file)
    except ValueError as error:  # Arrow's errors are such
        raise InputError("workspace.broken_run", run=run_id) from error


def list_runs(workspace: Workspace, task: str | None = None) -> list[Run]:
    """The workspace's runs, newest first; only those of `task` when it is given.

    Damaged records are passed over.
    """
    runs = []
    for record in read_records(workspace.folder / "runs", "run.json"):
        with contextlib.suppress(*_DAMAGED):
            runs.append(_run(record))
    chosen = [run for run in runs if task in (None, run.task)]
    return sorted(chosen, key=lambda run: run.created, reverse=True)


def _run(record: Mapping[str, object]) -> Run:
    return Run(**upgrade(record))
