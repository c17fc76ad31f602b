"""Shows how the labels of a column will be read, before anybody believes them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.reading.texts import by_distinct, plain
from engine.reading.values import read_choices

MOST_LABELS = 12
LONGEST_LABEL = 40


@dataclass(frozen=True)
class Label:
    """A label of a file, how many rows have it, and the sentiment it is read as, if any."""

    text: str
    count: int
    meaning: str | None


def count_labels(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """For every column with few, brief values, how many rows have each, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for column in frame:
        # A column that has more in its first rows is not read to the end.
        if frame[column].head(1_000).nunique() > MOST_LABELS:
            continue
        values = by_distinct(frame[column].astype("str"), plain).value_counts()
        if 0 < len(values) <= MOST_LABELS and max(map(len, values.index)) <= LONGEST_LABEL:
            counts[str(column)] = {str(value): int(count) for value, count in values.items()}
    return counts


def read_labels(counts: Mapping[str, int]) -> list[Label]:
    """The labels of a column with the sentiment that each is read as."""
    texts = pd.Series(list(counts), dtype="str")
    meanings, _ = read_choices(texts, "sentiment")
    return [
        Label(text, counts[text], meaning if isinstance(meaning, str) else None)
        for text, meaning in zip(texts, meanings, strict=True)
    ]
