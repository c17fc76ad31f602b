"""The lists that the log says were shown, with what was clicked on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.bandit.arrays import Integers
from engine.bandit.visits import NOBODY, Visit
from engine.errors import InputError
from engine.labelling.clicks import impressions
from engine.tables.texts import normalise_texts

FEWEST_SESSIONS = 50


def read_impressions(searches: pd.DataFrame) -> pd.DataFrame:
    """One row per product shown, in the order of the log.

    Columns: `session_id`, `query` (normalised), `product_id`, `place`, `clicked`, `user_id`,
    `time`. `place` counts from 0, whatever the log counts from.
    Raises InputError for a log with fewer than 50 sessions with impressions.
    """
    shown = impressions(searches)
    if shown["session_id"].nunique() < FEWEST_SESSIONS:
        raise InputError("strategy.no_log", want=FEWEST_SESSIONS)
    sessions = searches.dropna(subset="session_id").drop_duplicates("session_id")
    sessions = sessions.set_index("session_id")
    return shown.assign(
        query=normalise_texts(shown["query"]),
        place=shown["position"] - shown["position"].min(),
        user_id=shown["session_id"].map(sessions["user_id"]),
        time=shown["session_id"].map(sessions["time"]),
    )


@dataclass(frozen=True)
class LoggedList:
    """One list of the log: its row numbers, from the top, and the visit that saw it."""

    rows: Integers
    query: str
    products: list[str]
    visit: Visit


def each_list(shown: pd.DataFrame, visits: Mapping[str, Visit]) -> Iterator[LoggedList]:
    """Every list in the rows of `read_impressions`; `visits` as those of `read_visits`.

    The visits come without what was done with the list's own products.
    """
    lists = shown.groupby(["session_id", "query"], sort=False)
    for rows in map(np.asarray, lists.indices.values()):
        products = shown["product_id"].iloc[rows].tolist()
        query, session = (str(shown[name].iloc[rows[0]]) for name in ("query", "session_id"))
        yield LoggedList(rows, query, products, visits.get(session, NOBODY).without(products))
