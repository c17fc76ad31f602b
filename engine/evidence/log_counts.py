"""How much a shop's search log and orders hold, counted for whoever shows it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from engine.tables.tables import Tables, summary

# Of the most frequent queries, so many are named.
MOST = 10


@dataclass(frozen=True)
class LogCounts:
    """The searches, orders and events of a shop.

    `queries` are the searches of the `MOST` most frequent queries, most first, `worded` those of
    all; `days` the searches of each day that has some (`2026-01-31`), in order; `events` how many
    there are of each kind.
    """

    searches: int
    orders: int
    worded: int
    queries: Mapping[str, int]
    days: Mapping[str, int]
    events: Mapping[str, int]


@summary
def count_log(tables: Tables) -> LogCounts:
    """Count what the search log and the orders hold."""
    log = tables.columns("searches", "query", "time", "session_id", "user_id", "event")
    searches = _distinct_searches(log)
    queries = searches["query"].str.lower().value_counts()
    days = searches["time"].dropna().dt.strftime("%Y-%m-%d").value_counts().sort_index()
    return LogCounts(
        searches=len(searches),
        orders=tables.columns("orders", "order_id")["order_id"].nunique(),
        worded=int(queries.sum()),
        queries=_by_name(queries.head(MOST)),
        days=_by_name(days),
        events=_by_name(log["event"].value_counts()),
    )


def _by_name(counts: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in counts.items()}


def _distinct_searches(events: pd.DataFrame) -> pd.DataFrame:
    """One row per search, `query` and `time`: a log has a row per product shown and clicked.

    A search is a query within a session; without sessions, within a user's minute.
    """
    times = pd.to_datetime(events["time"])
    minutes = events["user_id"] + " " + times.dt.to_period("min").astype("str")
    session = events["session_id"].fillna(minutes)
    rows = pd.DataFrame({"query": events["query"], "time": times, "session": session})
    in_session = rows["session"].notna()
    once = rows[in_session].drop_duplicates(["session", "query"])
    return pd.concat([once, rows[~in_session]], ignore_index=True)[["query", "time"]]
