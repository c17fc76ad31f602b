"""What each shopper did on each day: the rows that every figure of a plan is made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import InputError
from engine.tables.tables import Tables, derived, summary

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
# What is known of who searched: shoppers, only their visits, or nothing but the searches.
Unit = Literal["shopper", "visit", "search"]

COLUMNS = ("visits", "visits_bought", "searches", "searches_clicked", "orders", "revenue")
LEAST_SHOPPERS = 20
LEAST_DAYS = 2


@dataclass(frozen=True)
class ShopperDays:
    """The shop's log, one row per shopper and day on which the shopper came or bought.

    `shopper` numbers the shoppers from 0, `day` the days of the log from 0; `amounts` holds one
    array per name in `COLUMNS`, all of the same length. `unit` is what counts as a shopper.
    """

    shopper: Ints
    day: Ints
    amounts: Mapping[str, Floats]
    shoppers: int
    days: int
    unit: Unit

    def between(self, first: int, last: int) -> "ShopperSums":
        """The sums per shopper over the days from `first` up to, but without, `last`."""
        rows = (self.day >= first) & (self.day < last)
        names, places = np.unique(self.shopper[rows], return_inverse=True)
        sums = {
            name: np.bincount(places, column[rows], minlength=len(names)).astype(float)
            for name, column in self.amounts.items()
        }
        return ShopperSums(names, sums, last - first)


@dataclass(frozen=True)
class ShopperSums:
    """What each shopper of a period did in it: `shopper` (sorted numbers) and sums by column."""

    shopper: Ints
    sums: Mapping[str, Floats]
    days: int

    def __len__(self) -> int:
        return len(self.shopper)


@derived
def read_shopper_days(tables: Tables) -> ShopperDays:
    """The shop's searches and orders by shopper and day.

    A visit and a search belong to the day on which they began. Who has no id in the log counts once
    for each visit. Raises InputError for a log without times or acts, or with too few shoppers or
    days.
    """
    daily = _read_daily(tables)
    amounts = {name: daily[name].to_numpy(dtype=float) for name in COLUMNS}
    shopper, day = (daily[name].to_numpy(dtype=np.int64) for name in ("shopper", "day"))
    unit = cast(Unit, daily["unit"].iloc[0])
    return ShopperDays(shopper, day, amounts, int(shopper.max()) + 1, int(day.max()) + 1, unit)


@summary
def _read_daily(tables: Tables) -> pd.DataFrame:
    """The columns of `ShopperDays` as a frame, with `unit` the same in each row."""
    searches, unit = _with_visits(tables.searches)
    orders = tables.orders.dropna(subset=["time", "user_id"]) if unit == "shopper" else None
    parts = [_visits(searches), _searches(searches)]
    if orders is not None and len(orders):
        parts.append(_orders(orders))
    rows = pd.concat(parts, ignore_index=True).reindex(columns=["who", "time", *COLUMNS])
    if rows.empty:
        raise InputError("experiment.no_log")
    start = rows["time"].min().normalize()
    rows["day"] = (rows["time"] - start).dt.days
    daily = rows.drop(columns="time").fillna(0.0).groupby(["who", "day"], sort=True).sum()
    daily = daily.reset_index()
    codes, names = pd.factorize(daily["who"], sort=True)
    days = int(daily["day"].max()) + 1
    if len(names) < LEAST_SHOPPERS or days < LEAST_DAYS:
        raise InputError("experiment.small_log", shoppers=LEAST_SHOPPERS, days=LEAST_DAYS)
    if not any(daily[name].any() for name in ("visits_bought", "searches_clicked", "orders")):
        raise InputError("experiment.no_acts")
    return daily.drop(columns="who").assign(shopper=codes.astype(np.int64), unit=unit)


def _with_visits(searches: pd.DataFrame) -> tuple[pd.DataFrame, Unit]:
    """The events with a time, and for each `visit` and `who` it was."""
    dated = searches.dropna(subset="time").copy()
    dated["time"] = pd.to_datetime(dated["time"])
    has_sessions, has_users = dated["session_id"].notna(), dated["user_id"].notna()
    when = dated["time"].astype("str")
    lone = "search " + when + " " + dated["query"].astype("str")
    daily = "day " + dated["user_id"].astype("str") + " " + when.str[:10]
    visit = ("visit " + dated["session_id"].astype("str")).where(has_sessions, daily)
    dated["visit"] = visit.where(has_sessions | has_users, lone)
    dated["who"] = ("user " + dated["user_id"].astype("str")).where(has_users, dated["visit"])
    unit: Unit = "shopper" if has_users.any() else "visit" if has_sessions.any() else "search"
    return dated, unit


def _visits(searches: pd.DataFrame) -> pd.DataFrame:
    bought = (searches["event"] == "purchase").astype(float)
    groups = searches.assign(bought=bought).groupby("visit", sort=False)
    visits = groups.agg(who=("who", "first"), time=("time", "min"), visits_bought=("bought", "max"))
    return visits.assign(visits=1.0)


def _searches(searches: pd.DataFrame) -> pd.DataFrame:
    acted = searches["event"].isin(["click", "add_to_cart", "purchase"]).astype(float)
    groups = searches.assign(acted=acted).groupby(["visit", "query"], sort=False)
    rows = groups.agg(who=("who", "first"), time=("time", "min"), searches_clicked=("acted", "max"))
    return rows.assign(searches=1.0)


def _orders(orders: pd.DataFrame) -> pd.DataFrame:
    price = pd.to_numeric(orders["price"]).fillna(0.0)
    revenue = price * pd.to_numeric(orders["quantity"]).fillna(1.0)
    lines = orders.assign(
        who="user " + orders["user_id"].astype("str"),
        time=pd.to_datetime(orders["time"]),
        revenue=revenue.astype(float),
    )
    rows = lines.groupby("order_id", sort=False).agg(
        who=("who", "first"), time=("time", "min"), revenue=("revenue", "sum")
    )
    return rows.assign(orders=1.0)
