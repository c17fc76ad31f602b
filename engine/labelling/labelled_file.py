"""A user's file of texts with their true labels, to measure a classifier on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from engine.errors import InputError
from engine.labelling.labels import OTHER
from engine.reading.distinct import decoded
from engine.reading.headers import squash
from engine.reading.mapping import guess
from engine.reading.reader import read_table
from engine.reading.texts import split_category
from engine.tables.categories import is_within


def read_labelled(
    file: Path, reads: Sequence[str], inputs: Sequence[str], labels: Mapping[str, list[str]]
) -> pd.DataFrame:
    """The rows of `file` with a text and a label: `example_id`, the fields `inputs`, the truths.

    Columns are recognised by the synonyms of the tables `reads`, or by the exact name of a field or
    head. `truth.<head>` is null where the file has no label. Raises InputError for a file without
    the first field of `inputs`, without labels, or without a row that has both.
    """
    frame = decoded(read_table(file).frame)
    names = [str(column) for column in frame.columns]
    fields: dict[str, str] = {}
    for table in reads:
        fields |= guess(table, frame).fields
    fields |= {squash(name): name for name in names}
    heads = [head for head in labels if squash(head) in fields or head in fields]
    if inputs[0] not in fields or not heads:
        columns, expected = ", ".join(names), ", ".join(labels)
        raise InputError(
            "tasks.no_truth", file=file.name, field=inputs[0], heads=expected, columns=columns
        )
    part = pd.DataFrame({name: frame[fields[name]] for name in inputs if name in fields})
    for head, names_of_labels in labels.items():
        if head in heads:
            cells = frame[fields.get(head) or fields[squash(head)]]
        else:
            cells = pd.Series(None, frame.index, dtype=object)
        part[f"truth.{head}"] = _to_labels(cells, names_of_labels)
    truths = [f"truth.{head}" for head in labels]
    part = part.dropna(subset=[inputs[0]]).dropna(subset=truths, how="all").reset_index(drop=True)
    if part.empty:
        raise InputError("tasks.nothing_to_measure", file=file.name)
    return part.assign(example_id=part.index.astype(str))


def _to_labels(cells: pd.Series, labels: list[str]) -> pd.Series:
    """The label of each cell: the one of that name, else the category that the cell lies in."""
    names = {squash(label): label for label in labels}
    by_length = sorted(labels, key=len, reverse=True)

    def label(text: str) -> str:
        if squash(text) in names:
            return names[squash(text)]
        below = (name for name in by_length if is_within(text, name))
        return next(below, OTHER if OTHER in labels else text)

    filled = cells.dropna()
    paths = dict(zip(filled, split_category(filled), strict=True))
    return cells.map(lambda text: label(paths[text]), na_action="ignore").astype(object)
