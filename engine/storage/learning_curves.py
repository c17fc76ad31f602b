"""The record of a learning curve: what a task reached with a part of its training examples.

`<workspace>/curves/<id>/curve.json` holds one. A curve that was stopped has measured points in
`<workspace>/runs/.<id>/points.json`, beside the checkpoints of the next one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.storage.files import make_folder, read_records, read_text, write_json
from engine.storage.workspace import Workspace


@dataclass(frozen=True)
class CurvePoint:
    """What was measured after learning from `n_train` examples, a `share` of all.

    `systems` has the primary metric of every system and baseline as value, low and high (95 %).
    `recommended` is what the model of this size recommends.
    """

    share: float
    n_train: int
    recommended: str
    systems: Mapping[str, tuple[float, float, float]]
    seconds: float

    def reached(self, system: str) -> tuple[float, float, float]:
        """What `system` reached, or what was recommended where too little was there to learn it."""
        return self.systems.get(system, self.systems[self.recommended])


@dataclass(frozen=True)
class LearningCurve:
    """A task's curve, its points from the smallest share on; the last one learned from all.

    `system` is the one that the curve follows, `baseline` the best it can fairly be compared with,
    and `ahead` (delta, low, high) the first minus the second where both learned from everything.
    """

    curve_id: str
    task: str
    created: float
    config: Mapping[str, Any]
    primary_metric: str
    system: str
    baseline: str
    ahead: Mapping[str, float]
    points: tuple[CurvePoint, ...]
    n_test: int
    data_fingerprint: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The record as it is kept on disk and printed."""
        return asdict(self)


def save_curve(workspace: Workspace, curve: LearningCurve) -> None:
    """Keep `curve`."""
    folder = workspace.folder / "curves" / curve.curve_id
    make_folder(folder)
    write_json(folder / "curve.json", curve.as_json())


def list_curves(workspace: Workspace, task: str | None = None) -> list[LearningCurve]:
    """The workspace's curves, newest first; only those of `task` when it is given."""
    records = read_records(workspace.folder / "curves", "curve.json")
    curves = [_curve(record) for record in records if task in (None, record["task"])]
    return sorted(curves, key=lambda curve: curve.created, reverse=True)


def save_points(staging: Path, points: tuple[CurvePoint, ...], data_fingerprint: str) -> None:
    """Keep what an unfinished curve has measured on these data."""
    record = {"data": data_fingerprint, "points": [asdict(point) for point in points]}
    write_json(staging / "points.json", record)


def load_points(staging: Path, data_fingerprint: str) -> tuple[CurvePoint, ...]:
    """What `save_points` kept; nothing where it kept nothing, or the data have changed since."""
    record = json.loads(read_text(staging / "points.json") or "{}")
    if record.get("data") != data_fingerprint:
        return ()
    return tuple(_point(row) for row in record["points"])


def _curve(record: Mapping[str, Any]) -> LearningCurve:
    points = tuple(_point(row) for row in record["points"])
    return LearningCurve(**{**record, "points": points})


def _point(row: Mapping[str, Any]) -> CurvePoint:
    systems = {name: tuple(figures) for name, figures in row["systems"].items()}
    return CurvePoint(**{**row, "systems": systems})
