"""The pages that shoppers were shown, and what was known about shoppers and products by then.

Nothing that happened at or after a moment counts for that moment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.labelling.clicks import DEEPEST, LEAST_CHANCE
from engine.tables.events import EVENT_GRADES, EVENT_WEIGHTS
from engine.tables.texts import normalise_texts

PAGE_COLUMNS = (
    "example_id",
    "user_id",
    "query",
    "time",
    "product_ids",
    "positions",
    "grades",
)
# The click-through rate of a product starts at PRIOR, as if PRIOR_LOOKS looks had shown it.
PRIOR, PRIOR_LOOKS = 0.2, 5.0
SEPARATOR = "\x1f"
Times = NDArray[np.datetime64]
Span = tuple[int, int]


@dataclass(frozen=True)
class History:
    """The products that a shopper acted on, each at its latest act, the oldest first.

    `strengths` are the weights of each product's strongest act (`engine.tables.events`).
    """

    product_ids: Sequence[str] = ()
    strengths: Sequence[float] = ()


def recent(acts: Iterable[tuple[str, float]], most: int) -> History:
    """The last `most` products of acts (product, strength) that are in order of time."""
    strengths: dict[str, float] = {}
    for name, strength in acts:
        strengths[name] = max(strengths.pop(name, 0.0), strength)
    names = list(strengths)[-most:]
    return History(names, [strengths[name] for name in names])


@dataclass(frozen=True)
class Acts:
    """All clicks, carts and purchases of a shop; `spans` are each shopper's rows, by time."""

    spans: Mapping[str, Span]
    times: Times
    product_ids: NDArray[np.object_]
    strengths: NDArray[np.float64]

    def before(self, user_id: str, moment: pd.Timestamp | None, most: int) -> History:
        """The last `most` products that a shopper acted on before `moment`, or ever (None)."""
        rows = _until(self.spans.get(user_id, (0, 0)), self.times, moment)
        return recent(zip(self.product_ids[rows], self.strengths[rows], strict=True), most)


@dataclass(frozen=True)
class ClickPopularity:
    """Clicks on products over time; `spans` are each product's rows, by time.

    `clicks` and `looks` are running totals within a product. A look is the probability that a
    shopper examined the position that the product was shown at.
    """

    spans: Mapping[str, Span]
    times: Times
    clicks: NDArray[np.floating]
    looks: NDArray[np.floating]

    def clicked(self, product_id: str, moment: pd.Timestamp | None) -> float:
        """The clicks on a product before `moment`, or over all time (None)."""
        rows = _until(self.spans.get(product_id, (0, 0)), self.times, moment)
        return float(self.clicks[rows.stop - 1]) if rows.stop > rows.start else 0.0

    def ctr(self, product_id: str, moment: pd.Timestamp | None) -> float:
        """The smoothed click-through rate before `moment`, or over all time (None)."""
        rows = _until(self.spans.get(product_id, (0, 0)), self.times, moment)
        last = rows.stop - 1
        clicks, looks = (
            (self.clicks[last], self.looks[last]) if rows.stop > rows.start else (0.0, 0.0)
        )
        return float((clicks + PRIOR * PRIOR_LOOKS) / (looks + PRIOR_LOOKS))


def list_acts(searches: pd.DataFrame, orders: pd.DataFrame, product_ids: Sequence[str]) -> Acts:
    """What shoppers did with products of the catalog, from the log and the orders.

    Where the log names no user, the session stands in for one. Rows without a time are left out,
    since their place in the history is unknown.
    """
    acts = searches[searches["event"].isin(EVENT_WEIGHTS)]
    names = ["user", "time", "product_id", "strength"]
    logged = pd.DataFrame(
        {"user": shoppers(acts), "strength": acts["event"].map(EVENT_WEIGHTS).astype(float)}
    ).join(acts[["time", "product_id"]])[names]
    bought = orders.rename(columns={"user_id": "user"}).assign(strength=EVENT_WEIGHTS["purchase"])
    rows = pd.concat([_timed(logged), _timed(bought[names])], ignore_index=True)
    rows = rows[rows["product_id"].isin(product_ids)].dropna(subset=["user"])
    rows = rows.sort_values(["user", "time"], kind="stable")
    return Acts(
        _spans(rows["user"]),
        rows["time"].to_numpy(),
        rows["product_id"].to_numpy(dtype=object),
        rows["strength"].to_numpy(dtype=float),
    )


def count_popularity(searches: pd.DataFrame, looked: pd.Series) -> ClickPopularity:
    """Popularity over a log; `looked` is the examination probability by position.

    Positions missing in `looked` get the lowest probability.
    """
    least = float(looked.min()) if len(looked) else LEAST_CHANCE
    counted = searches["event"].isin(("impression", "click")) & searches["product_id"].notna()
    rows = _timed(searches.loc[counted, ["product_id", "time", "event", "position"]])
    rows = rows.sort_values(["product_id", "time"], kind="stable")
    position = pd.to_numeric(rows["position"]).clip(upper=DEEPEST)
    clicked = rows["event"].eq("click")
    looks = position.map(looked).astype(float).fillna(least).where(~clicked, 0.0)
    by_product = rows["product_id"]
    return ClickPopularity(
        _spans(by_product),
        rows["time"].to_numpy(),
        clicked.astype(float).groupby(by_product).cumsum().to_numpy(dtype=float),
        looks.groupby(by_product).cumsum().to_numpy(dtype=float),
    )


def by_query(searches: pd.DataFrame) -> pd.DataFrame:
    """The log with each product id replaced by `answer(query, id)`, to count clicks per query."""
    queries = normalise_texts(searches["query"]).astype("str")
    return searches.assign(product_id=queries + SEPARATOR + searches["product_id"])


def answer(query: str, product_id: str) -> str:
    """The id of a product as an answer to a normalised query."""
    return query + SEPARATOR + product_id


def list_pages(searches: pd.DataFrame, product_ids: Sequence[str]) -> pd.DataFrame:
    """One row per page that showed something: `PAGE_COLUMNS`, in time order.

    A page is what a session saw for one query at one moment. `product_ids` are in the order shown,
    `positions` count from 1, and `grades` are the outcome of each product (0 nothing, 1 clicked, 2
    added to the cart, 3 bought). Pages without a time are left out, since it is unknown what came
    before them.
    """
    keys = ["session", "user", "query", "product_id"]
    rows = _timed(searches[searches["product_id"].isin(product_ids) & searches["query"].notna()])
    rows = rows.assign(
        session=rows["session_id"].fillna(""),
        user=shoppers(rows).fillna(""),
        query=normalise_texts(rows["query"]),
        place=pd.to_numeric(rows["position"]).clip(upper=DEEPEST),
    ).sort_values(["time", "session", "query", "place"], kind="stable")
    impressions = rows[
        rows["event"].eq("impression") & rows["place"].notna() & rows["query"].ne("")
    ]
    # Products that a session is shown twice for one query would have their clicks counted twice.
    impressions = impressions.drop_duplicates(keys)
    acted = rows[rows["event"].isin(EVENT_GRADES)]
    best = acted.assign(grade=acted["event"].map(EVENT_GRADES)).groupby(keys)["grade"].max()
    grades = impressions[keys].join(best, on=keys)["grade"].fillna(0).astype(int).to_numpy()
    page = impressions.groupby(["time", "session", "user", "query"], sort=False).ngroup().to_numpy()
    starts = np.flatnonzero(np.diff(page, prepend=-1))
    first = impressions.iloc[starts].reset_index(drop=True)
    columns = {
        "product_ids": impressions["product_id"].to_numpy(dtype=object),
        "positions": impressions["place"].to_numpy(dtype=float).astype(int),
        "grades": grades,
    }
    parts = {
        name: [part.tolist() for part in np.split(column, starts)[1:]]
        for name, column in columns.items()
    }
    pages = first[["query", "time"]].assign(user_id=first["user"])
    names = first["session"] + "\x1f" + first["query"]
    pages["example_id"] = names + "\x1f" + names.groupby(names).cumcount().astype(str)
    return pages.assign(**parts)[list(PAGE_COLUMNS)]


def shoppers(searches: pd.DataFrame) -> pd.Series:
    """The shopper of each row of a log: the user, else the session, else null."""
    return searches["user_id"].where(searches["user_id"].notna(), searches["session_id"])


def _timed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(time=pd.to_datetime(rows["time"])).dropna(subset=["time"])


def _spans(sorted_keys: pd.Series) -> dict[str, Span]:
    """Where the rows of each key begin and end."""
    keys = sorted_keys.to_numpy(dtype=object)
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: len(keys)]).tolist()
    return {
        str(keys[start]): (start, end)
        for start, end in zip(starts, [*starts[1:], len(keys)], strict=bool(starts))
    }


def _until(span: Span, times: Times, moment: pd.Timestamp | None) -> slice:
    start, end = span
    if moment is None:
        return slice(start, end)
    before = np.searchsorted(times[start:end], np.datetime64(moment), side="left")
    return slice(start, start + int(before))
