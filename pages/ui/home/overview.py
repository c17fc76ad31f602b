"""What a shop holds, in figures: counted once per load and shared by every rerun."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.tables.categories import leaf
from engine.tables.schema import EVENTS
from engine.tables.tables import Tables

_BINS = 24


@dataclass(frozen=True)
class Prices:
    """How prices spread, without the top 1 %: histogram, and the range of the middle half."""

    edges: list[float]
    counts: list[int]
    low: float
    high: float


@dataclass(frozen=True)
class Overview:
    """The figures of one shop. A figure without data is None.

    `categories`: products per category, largest first. `daily`: searches per day. `queries`:
    searches per query, most frequent first. `events`: search events by kind, in the order of a
    purchase. `stars`: reviews per rating 1 to 5.
    """

    products: int
    searches: int
    orders: int
    reviews: int
    categories: pd.Series | None
    daily: pd.Series | None
    queries: pd.Series | None
    events: pd.Series | None
    prices: Prices | None
    stars: pd.Series | None


def summarize(tables: Tables) -> Overview:
    """Count what `tables` hold."""
    searches = distinct_searches(tables.searches)
    events = tables.searches["event"].value_counts()
    return Overview(
        products=len(tables.products),
        searches=len(searches),
        orders=tables.orders["order_id"].nunique(),
        reviews=len(tables.reviews),
        categories=_counts(tables.products["category"].map(leaf, na_action="ignore")),
        daily=_daily(searches["time"].dropna()),
        queries=_counts(searches["query"].str.lower()),
        events=events.reindex(EVENTS, fill_value=0) if events.get("impression", 0) else None,
        prices=_spread(tables.products["price"].astype("float64").dropna()),
        stars=_stars(tables.reviews["rating"].astype("float64").dropna()),
    )


def distinct_searches(events: pd.DataFrame) -> pd.DataFrame:
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


def _counts(values: pd.Series) -> pd.Series | None:
    return values.value_counts() if values.notna().any() else None


def _daily(times: pd.Series) -> pd.Series | None:
    days = times.dt.normalize().value_counts().sort_index()
    return days.asfreq("D", fill_value=0) if len(days) > 1 else None


def _spread(prices: pd.Series) -> Prices | None:
    if prices.nunique() < 2:
        return None
    low, high = prices.quantile([0.25, 0.75])
    counts, edges = np.histogram(prices[prices <= prices.quantile(0.99)], bins=_BINS)
    return Prices(edges.tolist(), counts.tolist(), float(low), float(high))


def _stars(ratings: pd.Series) -> pd.Series | None:
    if ratings.empty:
        return None
    return ratings.round().astype(int).value_counts().reindex(range(1, 6), fill_value=0)
