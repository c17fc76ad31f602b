"""Relevance from clicks, corrected for the attention that upper positions draw."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.tables.events import EVENT_GRADES, EVENT_WEIGHTS
from engine.tables.tables import Tables, summary
from engine.tables.texts import normalise_texts

ROUNDS = 20
LEAST_CHANCE = 0.05
DEEPEST = 50


def examination(searches: pd.DataFrame) -> pd.Series:
    """The probability of looking at each position, relative to the first; index: position.

    Empty if the log has no impressions with positions.
    """
    views = impressions(searches)
    if views.empty:
        return pd.Series(dtype=float)
    pair = pd.factorize(views["query"] + "\x1f" + views["product_id"])[0]
    position = views["position"].to_numpy(dtype=int)
    clicked = views["clicked"].to_numpy(dtype=float)
    _, examined = fit_position_based(pair, position, clicked, np.full(position.max() + 1, 0.5))
    chances = pd.Series(examined, index=np.arange(len(examined)))[np.unique(position)]
    return (chances / chances.iloc[0]).clip(LEAST_CHANCE, 1.0)


def fit_position_based(
    pair: NDArray[np.intp],
    position: NDArray[np.intp],
    clicked: NDArray[np.float64],
    examined: NDArray[np.float64],
    prior: float = 0.2,
    strength: float = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Attractiveness by pair (0 to pairs - 1) and examination probability by position.

    The position-based click model, P(click) = P(examined | position) · P(attractive | query and
    product), fitted by expectation maximisation; the two factors are identified by products that
    were shown at several positions. Sources: Craswell et al. (WSDM 2008); Chuklin, Markov and
    de Rijke (2015), section 3. The fit starts from the examination probabilities `examined`, and as
    if each pair had been shown `strength` more times with attractiveness `prior`.
    """
    views, views_at = np.bincount(pair), np.bincount(position)
    attractive = np.full(len(views), prior)
    for _ in range(ROUNDS):
        a, e = attractive[pair], examined[position]
        not_clicked = np.maximum(1 - a * e, 1e-9)
        attractive_now = clicked + (1 - clicked) * a * (1 - e) / not_clicked
        examined_now = clicked + (1 - clicked) * e * (1 - a) / not_clicked
        # Pseudo-counts keep rare pairs away from 0 and 1.
        attractive = (np.bincount(pair, attractive_now) + strength * prior) / (views + strength)
        examined = (np.bincount(position, examined_now) + 0.5) / (views_at + 1)
    return attractive, examined


@summary
def clicked(tables: Tables) -> pd.DataFrame:
    """The relevance according to the clicks of a shop's log, see `click_relevance`."""
    columns = ("query", "product_id", "event", "position", "session_id", "time")
    return click_relevance(tables.columns("searches", *columns))


def most_clicked(tables: Tables) -> list[str]:
    """The products that a shop's log has clicks or purchases of, those with the most first."""
    weights = clicked(tables).groupby("product_id")["weight"].sum()
    return list(weights.sort_values(ascending=False, kind="stable").index)


def click_relevance(searches: pd.DataFrame) -> pd.DataFrame:
    """Debiased preferences: columns `query`, `product_id`, `weight`, `grade`, `first_seen`.

    One row per normalised query and product with at least a click. `weight` is the sum of the
    events' weights, each divided by the examination probability of its position (inverse propensity
    weighting; Joachims, Swaminathan and Schnabel, WSDM 2017). `grade` is that of the strongest
    event (click 1, cart 2, purchase 3), `first_seen` the time of the query's first search, null
    where unknown.
    """
    acted = searches[searches["event"].isin(EVENT_WEIGHTS) & searches["product_id"].notna()]
    columns = ["query", "product_id", "weight", "grade", "first_seen"]
    if acted.empty:
        return pd.DataFrame(columns=columns)
    chances = examination(searches)
    position = pd.to_numeric(acted["position"], errors="coerce").clip(upper=DEEPEST)
    chance = position.map(chances).fillna(1.0)
    rows = pd.DataFrame(
        {
            "query": normalise_texts(acted["query"]),
            "product_id": acted["product_id"],
            "weight": acted["event"].map(EVENT_WEIGHTS) / chance,
            "grade": acted["event"].map(EVENT_GRADES),
        }
    )
    pairs = rows.groupby(["query", "product_id"], as_index=False, sort=True).agg(
        weight=("weight", "sum"), grade=("grade", "max")
    )
    times = pd.DataFrame(
        {"query": normalise_texts(searches["query"]), "time": pd.to_datetime(searches["time"])}
    )
    pairs["first_seen"] = pairs["query"].map(times.groupby("query")["time"].min())
    return pairs[columns]


def impressions(searches: pd.DataFrame) -> pd.DataFrame:
    """One row per impression: `query`, `product_id`, `position` and whether it was `clicked`."""
    keys = ["session_id", "query", "product_id"]
    rows = searches[searches["product_id"].notna() & searches["position"].notna()]
    rows = rows.assign(
        position=pd.to_numeric(rows["position"]).clip(upper=DEEPEST).astype(int),
        clicked=rows["event"].eq("click"),
        session_id=rows["session_id"].fillna(""),
    )
    if not rows["event"].eq("impression").any():
        return rows.iloc[:0]
    views = rows.groupby([*keys, "position"], as_index=False, sort=False)
    return views.agg(clicked=("clicked", "max"))
