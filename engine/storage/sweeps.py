"""The record of a sweep: what each of a few settings reached on the validation examples.

`<workspace>/sweeps/<id>/sweep.json` holds one. The training that was chosen is the run of that id.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import InputError
from engine.storage.files import make_folder, read_records, write_json
from engine.storage.workspace import Workspace


@dataclass(frozen=True)
class Trial:
    """One setting: what it changes, and what its recommended system reached on validation.

    `value` is the primary metric, `low` and `high` its 95 % interval.
    """

    changes: Mapping[str, Any]
    recommended: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Sweep:
    """A few settings of a task, compared on `n_validation` examples.

    `chosen` is the place of the trial whose training became the run. `lead` is how far the best
    trial is above the mean of all, `luck` how far the best of so many equal ones would be.
    """

    sweep_id: str
    task: str
    created: float
    primary_metric: str
    trials: tuple[Trial, ...]
    chosen: int
    lead: float
    luck: float
    n_validation: int

    def as_json(self) -> dict[str, Any]:
        """The record as it is kept on disk and printed."""
        return asdict(self)


def save_sweep(workspace: Workspace, sweep: Sweep) -> None:
    """Keep `sweep`."""
    folder = workspace.folder / "sweeps" / sweep.sweep_id
    make_folder(folder)
    write_json(folder / "sweep.json", sweep.as_json())


def list_sweeps(workspace: Workspace) -> list[Sweep]:
    """The workspace's sweeps, newest first."""
    records = read_records(workspace.folder / "sweeps", "sweep.json")
    sweeps = [_sweep(record) for record in records]
    return sorted(sweeps, key=lambda sweep: sweep.created, reverse=True)


def load_sweep(workspace: Workspace, sweep_id: str) -> Sweep:
    """The sweep with this id. Raises InputError if the workspace has none."""
    for sweep in list_sweeps(workspace):
        if sweep.sweep_id == sweep_id:
            return sweep
    raise InputError("workspace.unknown_run", run=sweep_id)


def _sweep(record: Mapping[str, Any]) -> Sweep:
    trials = tuple(Trial(**row) for row in record["trials"])
    return Sweep(**{**record, "trials": trials})
