"""Recognises exports of well-known systems and brings them to one row per item.

The systems are described in `presets.toml`, which explains its keys.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from engine.reading.headers import preset_parts, squash
from engine.reading.nested import LISTED, explode, reach, reach_all

MOST_PAIRS = 20  # that are numbered in an export in another language


@dataclass(frozen=True)
class Preset:
    """How to turn the export of a system into a table; see `presets.toml` for the fields."""

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
    deepest: Sequence[str] = ()
    down: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gather: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    drop: Sequence[str] = ()
    parent: str | None = None
    parent_keys: Sequence[str] = ()
    variants: Sequence[str] = ()
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    translated: Mapping[str, Sequence[str]] = field(default_factory=dict)


@functools.cache
def presets() -> dict[str, Preset]:
    """Every preset by name."""
    return {name: Preset(name=name, **parts) for name, parts in preset_parts().items()}


def recognise(table: str, columns: Iterable[str]) -> Preset | None:
    """The preset whose headers are all present, and of several the one with the most headers.

    Headers that differ only in case or signs ("id", "ID") are the same, and so are translations.
    None if no preset fits.
    """
    present = {_in_english(column) for column in columns}
    fitting = [
        preset
        for preset in presets().values()
        if preset.table == table and {_in_english(header) for header in preset.headers} <= present
    ]
    return max(fitting, key=lambda preset: len(preset.headers), default=None)


def spell(column: str, columns: Iterable[str]) -> str | None:
    """The file's own spelling of `column`; None if the file has no such column."""
    wanted = _in_english(column)
    return next((name for name in columns if _in_english(name) == wanted), None)


def _in_english(header: str) -> str:
    squashed = squash(header)
    return _translations().get(squashed, squashed)


@functools.cache
def _translations() -> dict[str, str]:
    """The English headers of exports in other languages, all squashed."""
    return {
        squash(name.format(n=number)): squash(english.format(n=number))
        for preset in presets().values()
        for english, names in preset.translated.items()
        for name in names
        for number in range(1, MOST_PAIRS + 1)
    }


def expand(frame: pd.DataFrame, preset: Preset | None) -> pd.DataFrame:
    """The rows of the frame that the preset selects, with the columns that it derives.

    The index (file rows) is kept; all entries of an exploded row keep its number.
    """
    if preset is None:
        return frame
    frame = frame.astype("str")
    for group, columns in preset.down.items():
        frame = _filled_down(frame, group, columns)
    for group, columns in preset.gather.items():
        frame = _gathered(frame, group, columns)
    frame = _with_variants(frame, preset)
    frame = _selected(frame, preset)
    for name, (other, *values) in preset.only.items():
        frame = _limited(frame, name, other, values)
    if (list_column := _spelt(preset.explode, frame)) is not None:
        frame = explode(frame, list_column)
    for path in _paths(preset):
        if path not in frame and (values_at_path := _reached(frame, path)) is not None:
            frame = frame.assign(**{path: values_at_path})
    for name, parts in preset.join.items():
        sources = [part for part in (_spelt(part, frame) for part in parts) if part]
        if len(sources) == len(parts) and name not in frame:
            joined = frame[sources[0]].str.cat(frame[sources[1:]], sep="-")
            frame = frame.assign(**{name: joined})
    for column in filter(None, (_spelt(name, frame) for name in preset.first)):
        frame = frame.assign(**{column: frame[column].str.extract("^([^,]*)", expand=False)})
    for column in filter(None, (_spelt(name, frame) for name in preset.deepest)):
        frame = frame.assign(**{column: frame[column].map(_deepest, na_action="ignore")})
    for name, value in preset.pairs:
        frame = _unpair(frame, name, value)
    for label, path in preset.keys.items():
        head, *steps = path.split(".")
        listed = _spelt(head, frame)
        if listed is not None:
            frame = frame.assign(**{label: reach_all(frame[listed], steps)})
    frame = _carried(frame, preset)
    return frame.drop(columns=[name for name in preset.drop if name in frame])


def _selected(frame: pd.DataFrame, preset: Preset) -> pd.DataFrame:
    """The rows whose column holds one of the values: any text, or none, if there are none."""
    column = _spelt(preset.rows.get("column"), frame)
    if column is None:
        return frame
    values, kind = preset.rows.get("values"), preset.rows.get("kind", "filled")
    words = frame[column].astype("str").str.strip().str.lower()
    if isinstance(values, list):
        return frame[words.isin(values) != (kind == "others")]
    filled = words.fillna("").ne("")
    if kind == "filled":
        return frame[filled]
    # Without rows of the default view, those of another are all there is.
    return frame if filled.all() else frame[~filled]


def _filled_down(frame: pd.DataFrame, group: str, columns: Sequence[str]) -> pd.DataFrame:
    """What the first line of an order says, in its further lines too."""
    key = _spelt(group, frame)
    spelt = [name for name in (_spelt(column, frame) for column in columns) if name]
    if key is None or not spelt:
        return frame
    return frame.assign(**{name: frame.groupby(key)[name].ffill() for name in spelt})


def _gathered(frame: pd.DataFrame, group: str, columns: Sequence[str]) -> pd.DataFrame:
    """What the rows of a product say, in each of them: its variants' SKUs, with commas."""
    key = _spelt(group, frame)
    for column in filter(None, (_spelt(name, frame) for name in columns)):
        if key is not None:
            filled = frame[frame[column].notna()]
            joined = filled.groupby(key)[column].agg(LISTED.join)
            frame = frame.assign(**{column: frame[key].map(joined).astype("str")})
    return frame


def _with_variants(frame: pd.DataFrame, preset: Preset) -> pd.DataFrame:
    """What the rows of variants say, in the row of their product."""
    column = _spelt(preset.parent, frame)
    keys = [name for name in (_spelt(key, frame) for key in preset.parent_keys) if name]
    if column is None or not keys:
        return frame
    rows = frame.reset_index(drop=True)
    names = rows[column].str.strip().str.removeprefix("id:")
    parent = pd.Series(float("nan"), index=rows.index)
    for key in keys:
        owners = rows[rows[column].isna()].dropna(subset=key).drop_duplicates(key)
        parent = parent.fillna(names.map(pd.Series(owners.index, index=owners[key])))
    children = rows[parent.notna()].groupby(parent.dropna())
    columns: dict[str, pd.Series] = {}
    for name in filter(None, (_spelt(name, frame) for name in preset.variants)):
        columns[name] = rows[name].fillna(children[name].first()).astype("str")
    for key in keys:
        joined = rows[parent.notna() & rows[key].notna()].groupby(parent)[key].agg(LISTED.join)
        listed = joined.reindex(rows.index).astype("str")
        if key in preset.fields["product_id"]:
            columns[f"Variation {key}"] = listed
        else:
            columns[key] = rows[key].str.cat(listed, sep=LISTED).fillna(rows[key])
    return rows.assign(**columns).set_axis(frame.index)


def _limited(frame: pd.DataFrame, name: str, other: str, values: Sequence[str]) -> pd.DataFrame:
    """The frame with the cells of `name` blank where `other` has none of the values."""
    column, kind = _spelt(name, frame), _spelt(other, frame)
    if column is None:
        return frame
    if kind is None:
        return frame.drop(columns=column)
    counts = frame[kind].str.strip().str.lower().isin(values)
    return frame.assign(**{column: frame[column].where(counts)})


def _deepest(listed: str) -> str:
    """The longest of several paths that are listed with commas."""
    return max(listed.split(","), key=lambda path: path.count("/"))


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
    columns: dict[str, pd.Series] = {}
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
                columns[label] = columns[label].fillna(column) if label in columns else column
    return frame.drop(columns=used).assign(**columns)


def _carried(frame: pd.DataFrame, preset: Preset) -> pd.DataFrame:
    """Fill a field down in order of time within each group, and drop rows still without it."""
    for name, groups in preset.carry.items():
        paths = [path for path in (_spelt(path, frame) for path in preset.fields[name]) if path]
        source = paths[0] if paths else None
        for path in paths[1:]:
            frame = frame.assign(**{paths[0]: frame[paths[0]].fillna(frame[path])})
        time = next(filter(None, (_spelt(path, frame) for path in preset.fields["time"])), None)
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
