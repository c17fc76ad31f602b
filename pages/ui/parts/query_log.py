"""What shoppers typed: the queries of the shop's log, most frequent first."""

import pandas as pd

from engine.labelling.labels import collect_queries
from engine.storage.workspace import Workspace
from engine.tables.events import EVENT_WEIGHTS
from engine.text.words import normalise, words
from pages.ui.frame import session

_EXAMPLE_POOL = 200
_LONGEST_EXAMPLE = 36


@session.per_shop()
def queries(current: Workspace) -> pd.DataFrame:
    """Columns `query` (normalised), `input` (as typed), `count`, `first_seen`."""
    log = collect_queries(session.tables(current))
    return log.sort_values(["count", "query"], ascending=[False, True], ignore_index=True)


def _most_clicked(current: Workspace) -> list[str]:
    log = session.tables(current).searches
    acts = log.loc[log["event"].isin(EVENT_WEIGHTS), ["query", "event"]]
    worth = acts["event"].map(EVENT_WEIGHTS).groupby(acts["query"].map(normalise)).sum()
    by_count = queries(current)
    order = by_count["query"].map(worth).fillna(0).sort_values(ascending=False, kind="stable").index
    most: list[str] = by_count.loc[order, "input"].head(_EXAMPLE_POOL).tolist()
    return most


@session.per_shop(64)
def examples(current: Workspace, most: int = 8) -> list[str]:
    """Short queries that led to the most clicks and share no word, as typed."""
    chosen: list[str] = []
    used: set[str] = set()
    for text in _most_clicked(current):
        terms = set(words(text))
        if len(text) <= _LONGEST_EXAMPLE and terms and not terms & used:
            chosen.append(text)
            used |= terms
        if len(chosen) == most:
            break
    return chosen
