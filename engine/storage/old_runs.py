"""Reads the records of older versions: what they called otherwise gets its name of today."""

from collections.abc import Mapping
from typing import Any

# Until November 2026 baselines were called floors, and two metrics of texts had other names.
_FIELDS = {"floors": "baselines"}
_METRICS = {"told": "informative", "alike": "self_repetition"}
_STAGES = {"floors": "baselines"}
_WRITER = {"habit": "fact_frequencies", "drawing": "sampling"}
_NOTES = {"describe.floors_are_true": "describe.baselines_are_true"}


def upgrade(record: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a `run.json` in the form of `engine.storage.runs.Run`."""
    run = _renamed(record, _FIELDS)
    run["primary_metric"] = _METRICS.get(run["primary_metric"], run["primary_metric"])
    for name in ("before", "after"):
        run[name] = _renamed(run[name], _METRICS)
    for name in ("baselines", "systems"):
        run[name] = {system: _renamed(metrics, _METRICS) for system, metrics in run[name].items()}
    run["notes"] = [_NOTES.get(note, note) for note in run.get("notes", [])]
    return run


def upgrade_writer(about: Mapping[str, Any]) -> dict[str, Any]:
    """The `bundle.json` of a writer of product texts with the names of today."""
    return _renamed(about, _WRITER)


def stage_today(name: str) -> str:
    """What the stage of a training is called today that an older version recorded as `name`."""
    return _STAGES.get(name, name)


def _renamed(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in record.items()}
