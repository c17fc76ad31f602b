"""Which column of a file is which field: guessed from headers and from what the cells hold."""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable
from collections.abc import Mapping as Lookup
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from engine.errors import InputError
from engine.reading.presets import expand, presets, recognise, spell, squash
from engine.reading.profile import Profile, profile
from engine.tables.schema import TABLES, Field

SAMPLE_ROWS = 1000
_THRESHOLD = 0.2
_PART = 0.6  # what a header that only contains a field's name can reach
_BELIEVED = ("id", "number", "time")
_CONTENT_ONLY = 0.45  # what content alone can reach: less than any fitting name


@dataclass(frozen=True)
class Mapping:
    """Which column each field is read from.

    `fields` is field → column, `confidence` field → 0 to 1 (1 for a preset or the user's own word),
    `preset` the name of a recognised system's export, `left` the columns no field uses.
    """

    table: str
    fields: dict[str, str]
    confidence: dict[str, float]
    left: list[str]
    preset: str | None = None

    @property
    def missing(self) -> list[str]:
        """The required fields that no column was found for."""
        return [name for name in TABLES[self.table].required if name not in self.fields]

    def as_json(self) -> dict[str, object]:
        """The mapping as `tables.json` keeps it."""
        label = presets()[self.preset].label if self.preset else None
        return {"fields": self.fields, "confidence": self.confidence, "preset": label}


@functools.cache
def aliases() -> dict[str, dict[str, list[str]]]:
    """Per table and field, the header names that mean it, the surest first."""
    text = (Path(__file__).parent / "aliases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def guess(table: str, frame: pd.DataFrame) -> Mapping:
    """The most likely mapping of a file's columns to `table`'s fields."""
    preset = recognise(table, frame.columns)
    step = max(1, len(frame) // SAMPLE_ROWS)
    sample = expand(frame.iloc[::step].head(SAMPLE_ROWS) if preset is None else frame, preset)
    sample = sample.head(SAMPLE_ROWS)
    fields: dict[str, str] = {}
    confidence: dict[str, float] = {}
    for name, paths in (preset.fields if preset else {}).items():
        there = [column for column in (spell(path, sample.columns) for path in paths) if column]
        filled = [column for column in there if sample[column].notna().any()]
        if there:
            fields[name], confidence[name] = (filled or there)[0], 1.0
    columns = [str(column) for column in sample]
    profiles = {
        column: profile(sample[column]) for column in columns if column not in fields.values()
    }
    scores = [
        (_score(table, field, column, found), field.name, column)
        for field in TABLES[table].fields
        for column, found in profiles.items()
        if field.name not in fields
    ]
    for score, name, column in sorted(scores, key=lambda scored: -scored[0]):
        if score >= _THRESHOLD and name not in fields and column not in fields.values():
            fields[name], confidence[name] = column, round(score, 2)
    order = TABLES[table].columns
    left = [column for column in columns if column not in fields.values()]
    return Mapping(
        table,
        {name: fields[name] for name in order if name in fields},
        {name: confidence[name] for name in order if name in fields},
        left,
        preset.name if preset else None,
    )


def edit(mapping: Mapping, changes: Lookup[str, str], columns: Iterable[str], file: str) -> Mapping:
    """The mapping with the user's own choices for `file`; an empty column takes a field away.

    Raises InputError for a field the table has not, or a column the file has not.
    """
    columns = list(columns)
    fields, confidence = dict(mapping.fields), dict(mapping.confidence)
    for name in changes:
        if name not in TABLES[mapping.table].columns:
            known = ", ".join(TABLES[mapping.table].columns)
            raise InputError(
                "data.unknown_field", file=file, table=mapping.table, field=name, fields=known
            )
        fields.pop(name, None)
        confidence.pop(name, None)
    for name, column in changes.items():
        if not column:
            continue
        spelt = column if column in columns else spell(column, columns)
        if spelt is None:
            raise InputError(
                "data.unknown_column",
                file=file,
                table=mapping.table,
                field=name,
                column=column,
                columns=", ".join(columns),
            )
        for other in [other for other, used in fields.items() if used == spelt]:
            if other not in changes:
                del fields[other], confidence[other]
        fields[name], confidence[name] = spelt, 1.0
    left = [column for column in columns if column not in fields.values()]
    return replace(mapping, fields=fields, confidence=confidence, left=left)


def _score(table: str, field: Field, column: str, found: Profile) -> float:
    fit = found.fits(table, field)
    name = _name_score(column, aliases()[table].get(field.name, [field.name]))
    if name:
        # A plain header such as "price" is believed even over cells that are no prices: the user
        # should on_text what is wrong with them.
        believed = fit or not found.filled or (name > _PART and field.kind in _BELIEVED)
        return name * (0.6 + 0.4 * found.filled) * (0.4 + 0.6 * fit) if believed else 0.0
    return _CONTENT_ONLY * fit if fit >= 0.8 and found.tells(field) else 0.0


def _name_score(column: str, names: list[str]) -> float:
    squashed, words = squash(column), _words(column)
    best = 0.0
    for place, alias in enumerate(names):
        sure = 1.0 - 0.3 * place / len(names)
        if squash(alias) == squashed:
            best = max(best, sure)
        elif _within(_words(alias), words) or (
            not alias.isascii() and len(alias) > 1 and squash(alias) in squashed
        ):
            best = max(best, _PART * sure * (0.5 + 0.5 * len(squash(alias)) / len(squashed)))
    return best


def _words(header: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", header))
    return [word.lower() for word in re.split(r"[\W_]+", parted) if word]


def _within(part: list[str], whole: list[str]) -> bool:
    return bool(part) and any(
        whole[start : start + len(part)] == part for start in range(len(whole) - len(part) + 1)
    )
