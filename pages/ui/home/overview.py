"""What a shop holds, in figures: counted once per load and shared by every rerun."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.evidence.log_counts import count_log
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
    searches of the most frequent queries, `worded` those of all. `events`: search events by kind,
    in the order of a purchase. `stars`: reviews per rating 1 to 5.
    """

    products: int
    searches: int
    orders: int
    reviews: int
    categories: pd.Series | None
    daily: pd.Series | None
    queries: pd.Series | None
    worded: int
    events: pd.Series | None
    prices: Prices | None
    stars: pd.Series | None


def summarize(tables: Tables) -> Overview:
    """Count what `tables` hold."""
    log = count_log(tables)
    rating = tables.columns("reviews", "rating")["rating"]
    return Overview(
        products=len(tables.products),
        searches=log.searches,
        orders=log.orders,
        reviews=len(rating),
        categories=_counts(tables.products["category"].map(leaf, na_action="ignore")),
        daily=_daily(log.days),
        queries=pd.Series(log.queries) if log.queries else None,
        worded=log.worded,
        events=_events(log.events),
        prices=_spread(tables.products["price"].astype("float64").dropna()),
        stars=_stars(rating.astype("float64").dropna()),
    )


def _counts(values: pd.Series) -> pd.Series | None:
    return values.value_counts() if values.notna().any() else None


def _daily(days: Mapping[str, int]) -> pd.Series | None:
    counts = pd.Series(list(days.values()), pd.DatetimeIndex(list(days)), dtype="int64")
    return counts.asfreq("D", fill_value=0) if len(counts) > 1 else None


def _events(counts: Mapping[str, int]) -> pd.Series | None:
    return pd.Series(counts).reindex(EVENTS, fill_value=0) if counts.get("impression") else None


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
