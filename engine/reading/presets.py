"""Files of well-known systems: recognised from their headers, brought to one row per thing.

What is known of each system stands in `presets.toml`, which explains its keys.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from engine.reading.nested import explode, reach


@dataclass(frozen=True)
class Preset:
    """How the export of one system becomes one table; see `presets.toml` for every part."""

    name: str
    label: str
    table: str
    headers: Sequence[str]
    fields: Mapping[str, Sequence[str]]
    explode: str | None = None
    rows: Mapping[str, object] = field(default_factory=dict)
    carry: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pairs: Sequence[Sequence[str]] = ()
    join: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: Sequence[str] = ()


@functools.cache
def presets() -> dict[str, Preset]:
    """Every preset by name."""
    known = tomllib.loads((Path(__file__).parent / "presets.toml").read_text(encoding="utf-8"))
    return {name: Preset(name=name, **parts) for name, parts in known.items()}


def squash(header: str) -> str:
    """A header as headers are compared: lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).lower())


def recognise(table: str, columns: Iterable[str]) -> Preset | None:
    """The preset whose headers are all there, the one with the most headers; None if there is none.

    A single-word header that the file writes another way ("id" for "ID") counts as the same.
    """
    there = {squash(column) for column in columns}
    fitting = [
        preset
        for preset in presets().values()
        if preset.table == table and {squash(header) for header in preset.headers} <= there
    ]
    return max(fitting, key=lambda preset: len(preset.headers), default=None)


def spell(column: str, columns: Iterable[str]) -> str | None:
    """How a file's own header spells `column`; None if the file has no such column."""
    return next((name for name in columns if squash(name) == squash(column)), None)


def expand(frame: pd.DataFrame, preset: Preset | None) -> pd.DataFrame:
    """The frame with the columns that the preset makes from others, and only its rows.

    The index (file rows) goes along: an exploded row keeps its number for every entry.
    """
    if preset is None:
        return frame
    wanted = _spelt(preset.rows.get("column"), frame)
    if wanted:
        values = preset.rows.get("values")
        words = frame[wanted].str.strip().str.lower()
        frame = frame[words.isin(values) if isinstance(values, list) else words.fillna("").ne("")]
    if (listed := _spelt(preset.explode, frame)) is not None:
        frame = explode(frame, listed)
    made = {path: _reached(frame, path) for path in _paths(preset) if path not in frame}
    frame = frame.assign(**{path: column for path, column in made.items() if column is not None})
    for name, parts in preset.join.items():
        spelt = [part for part in (_spelt(part, frame) for part in parts) if part]
        if len(spelt) == len(parts) and name not in frame:
            frame = frame.assign(**{name: frame[spelt[0]].str.cat(frame[spelt[1:]], sep="-")})
    for column in filter(None, (_spelt(name, frame) for name in preset.first)):
        frame = frame.assign(**{column: frame[column].str.split(",").str[0]})
    for name, value in preset.pairs:
        frame = _unpair(frame, name, value)
    return _carried(frame, preset)


def _spelt(column: object, frame: pd.DataFrame) -> str | None:
    return spell(column, frame.columns) if isinstance(column, str) else None


def _paths(preset: Preset) -> list[str]:
    listed = [*preset.fields.values(), *preset.carry.values()]
    return list(dict.fromkeys(path for paths in listed for path in paths if "." in path))


def _reached(frame: pd.DataFrame, path: str) -> pd.Series | None:
    head, *steps = path.split(".")
    column = _spelt(head, frame)
    return None if column is None else reach(frame[column], steps)


def _unpair(frame: pd.DataFrame, name: str, value: str) -> pd.DataFrame:
    """Name and value columns ("Option1 Name", "Option1 Value") as one column per name."""
    made: dict[str, pd.Series] = {}
    used: list[str] = []
    for number in range(1, len(frame.columns) + 1):
        names = _spelt(name.format(n=number), frame)
        values = _spelt(value.format(n=number), frame)
        if names is None or values is None:
            break
        used += [names, values]
        for label in frame[names].dropna().unique():
            if label not in frame:
                column = frame[values].where(frame[names] == label)
                made[label] = made[label].fillna(column) if label in made else column
    return frame.drop(columns=used).assign(**made)


def _carried(frame: pd.DataFrame, preset: Preset) -> pd.DataFrame:
    """A field filled down in time order within each group, and the rows that still lack it out."""
    for name, groups in preset.carry.items():
        source = next((_spelt(path, frame) for path in preset.fields[name]), None)
        time = next((_spelt(path, frame) for path in preset.fields["time"]), None)
        for path in groups:
            group = _spelt(path, frame)
            if source and time and group:
                order = frame[time].reset_index(drop=True).sort_values(kind="stable").index
                ordered = frame.iloc[order]
                filled = ordered.groupby(group)[source].ffill().fillna(ordered[source])
                column = filled.set_axis(order).sort_index()
                frame = frame.assign(**{source: column.to_numpy()})
        if source:
            frame = frame[frame[source].notna()]
    return frame
