"""Which examples a model learns from, chooses on and is measured with."""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
VALIDATION, TEST = 0.15, 0.25


def split_queries(
    frame: pd.DataFrame, seed: int, *, validation: float = VALIDATION, test: float = TEST
) -> pd.Series:
    """The part of every row, `train`, `validation` or `test`, with the index of `frame`.

    `frame` holds distinct queries: columns `query` and, where known, `first_seen` (a time). The
    queries seen first are learned from and those seen last are the test, as in use: a model meets
    tomorrow's queries. Queries seen at the same time, or at an unknown one (they count as earliest
    only beside dated ones), are put in an order drawn by `seed`.
    """
    drawn = np.array([_draw(query, seed) for query in frame["query"]], dtype=np.int64)
    seen = frame["first_seen"] if "first_seen" in frame else pd.Series(pd.NaT, frame.index)
    times = pd.to_datetime(seen, utc=True).astype("int64").where(seen.notna(), 0).to_numpy()
    return _cut(frame.index, np.lexsort((drawn, times)), validation, test)


def split_groups(
    groups: pd.Series, seed: int, *, validation: float = VALIDATION, test: float = TEST
) -> pd.Series:
    """The part of every row, with the index of `groups`: rows of one group share a part.

    Groups come in an order drawn by `seed`; the one that a cut goes through stays in the earlier
    part.
    """
    drawn = groups.map({group: _draw(str(group), seed) for group in groups.unique()}).to_numpy()
    order = np.argsort(drawn, kind="stable")
    parts = _cut(groups.index, order, validation, test)
    first = parts.iloc[order].groupby(groups.iloc[order], sort=False).first()
    return groups.map(first).rename("part")


def _cut(index: pd.Index, order: NDArray[np.intp], validation: float, test: float) -> pd.Series:
    """Row numbers in `order` to the parts one after the other."""
    count = len(order)
    cuts = [round(count * (1 - test - validation)), round(count * (1 - test))]
    parts = np.empty(count, dtype=object)
    for part, rows in zip(PARTS, np.split(order, cuts), strict=True):
        parts[rows] = part
    return pd.Series(parts, index=index, name="part")


def _draw(text: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}:{text}".encode(), digest_size=7)
    return int.from_bytes(digest.digest(), "big")
