"""Splits examples into training, validation and test."""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PARTS = ("train", "validation", "test")
VALIDATION, TEST = 0.15, 0.25
FEWEST_LEARNED = 8


def split_queries(
    frame: pd.DataFrame, seed: int, *, validation: float = VALIDATION, test: float = TEST
) -> pd.Series:
    """The part of every row, `train`, `validation` or `test`, with the index of `frame`.

    `frame` holds distinct queries in `query` and, if known, the time of each one's first search in
    `first_seen`. The earliest queries are the training part and the latest the test, because a
    model in use meets tomorrow's queries. Queries of the same time are ordered by `seed`, and so
    are those of unknown time, which count as the earliest.
    """
    draws = np.array([_draw(query, seed) for query in frame["query"]], dtype=np.int64)
    first_seen = frame["first_seen"] if "first_seen" in frame else pd.Series(pd.NaT, frame.index)
    times = pd.to_datetime(first_seen, utc=True).astype("int64").where(first_seen.notna(), 0)
    return _cut(frame.index, np.lexsort((draws, times.to_numpy())), validation, test)


def take_share(part: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """A `share` of the rows, drawn by `seed`, in their order.

    A smaller share lies within every larger one, so that what a learning curve learns more from is
    more of the same. At least `FEWEST_LEARNED` rows are taken where there are so many.
    """
    count = max(round(share * len(part)), min(FEWEST_LEARNED, len(part)))
    rows = np.random.default_rng(seed).permutation(len(part))[:count]
    return part.iloc[np.sort(rows)]


def draw_at_most(part: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """At most `most` of the rows, drawn by `seed`, in their order and numbered anew."""
    drawn = part.sample(most, random_state=seed).sort_index() if len(part) > most else part
    return drawn.reset_index(drop=True)


def split_groups(
    groups: pd.Series, seed: int, *, validation: float = VALIDATION, test: float = TEST
) -> pd.Series:
    """The part of every row, with the index of `groups`: rows of one group share a part.

    The groups are ordered by `seed`; a group that a cut goes through belongs to the earlier part.
    """
    draws = groups.map({group: _draw(str(group), seed) for group in groups.unique()}).to_numpy()
    order = np.argsort(draws, kind="stable")
    parts = _cut(groups.index, order, validation, test)
    first = parts.iloc[order].groupby(groups.iloc[order], sort=False).first()
    return groups.map(first).rename("part")


def _cut(index: pd.Index, order: NDArray[np.intp], validation: float, test: float) -> pd.Series:
    """Give the parts the rows in `order`, one part after the other."""
    count = len(order)
    cuts = [round(count * (1 - test - validation)), round(count * (1 - test))]
    parts = np.empty(count, dtype=object)
    for part, rows in zip(PARTS, np.split(order, cuts), strict=True):
        parts[rows] = part
    return pd.Series(parts, index=index, name="part")


def _draw(text: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}:{text}".encode(), digest_size=7)
    return int.from_bytes(digest.digest(), "big")
