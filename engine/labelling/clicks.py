"""What clicks say about relevance once the pull of the upper positions is taken out."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.tables.events import EVENT_GRADES, EVENT_WEIGHTS
from engine.tables.tables import Tables, derived
from engine.text.words import normalise

ROUNDS = 20
LEAST_CHANCE = 0.05
DEEPEST = 50


def examination(searches: pd.DataFrame) -> pd.Series:
    """How likely a shopper looks at each position, relative to the first; index: position.

    Empty when the log holds no impressions with positions.
    """
    shown = impressions(searches)
    if shown.empty:
        return pd.Series(dtype=float)
    pair = pd.factorize(shown["query"] + "\x1f" + shown["product_id"])[0]
    position = shown["position"].to_numpy(dtype=int)
    clicked = shown["clicked"].to_numpy(dtype=float)
    _, looked = fit_position_based(pair, position, clicked, np.full(position.max() + 1, 0.5))
    found = pd.Series(looked, index=np.arange(len(looked)))[np.unique(position)]
    return (found / found.iloc[0]).clip(LEAST_CHANCE, 1.0)


def fit_position_based(
    pair: NDArray[np.intp],
    position: NDArray[np.intp],
    clicked: NDArray[np.float64],
    looked: NDArray[np.float64],
    prior: float = 0.2,
    strength: float = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Attractiveness by pair (0 to pairs - 1) and chance to be looked at by position.

    The position-based click model, P(click) = P(examined | position) · P(attractive | query and
    product), fitted by expectation maximisation: the same product at several positions tells the
    two apart. Source: Craswell et al. (WSDM 2008); Chuklin, Markov and de Rijke (2015), section 3.
    The search starts from the chances `looked`, and each pair as if it had been seen `strength`
    times with attractiveness `prior`.
    """
    seen, seen_at = np.bincount(pair), np.bincount(position)
    attractive = np.full(len(seen), prior)
    for _ in range(ROUNDS):
        a, e = attractive[pair], looked[position]
        missed = np.maximum(1 - a * e, 1e-9)
        attractive_now = clicked + (1 - clicked) * a * (1 - e) / missed
        looked_now = clicked + (1 - clicked) * e * (1 - a) / missed
        # Imagined hits and misses keep rare pairs away from 0 and 1.
        attractive = (np.bincount(pair, attractive_now) + strength * prior) / (seen + strength)
        looked = (np.bincount(position, looked_now) + 0.5) / (seen_at + 1)
    return attractive, looked


@derived
def clicked(tables: Tables) -> pd.DataFrame:
    """What the clicks of a shop's log say of relevance, see `click_relevance`."""
    return click_relevance(tables.searches)


def click_relevance(searches: pd.DataFrame) -> pd.DataFrame:
    """Debiased preferences: columns `query`, `product_id`, `weight`, `grade`, `first_seen`.

    One row per normalised query and product that drew at least a click. `weight` sums the events'
    weights over the chance that their position was looked at (inverse propensity weighting,
    Joachims, Swaminathan and Schnabel, WSDM 2017); `grade` is that of the strongest event (click 1,
    cart 2, purchase 3). `first_seen` is the query's first time, null where unknown.
    """
    acted = searches[searches["event"].isin(EVENT_WEIGHTS) & searches["product_id"].notna()]
    columns = ["query", "product_id", "weight", "grade", "first_seen"]
    if acted.empty:
        return pd.DataFrame(columns=columns)
    looked = examination(searches)
    position = pd.to_numeric(acted["position"], errors="coerce").clip(upper=DEEPEST)
    chance = position.map(looked).fillna(1.0)
    rows = pd.DataFrame(
        {
            "query": acted["query"].map(normalise),
            "product_id": acted["product_id"],
            "weight": acted["event"].map(EVENT_WEIGHTS) / chance,
            "grade": acted["event"].map(EVENT_GRADES),
        }
    )
    pairs = rows.groupby(["query", "product_id"], as_index=False, sort=True).agg(
        weight=("weight", "sum"), grade=("grade", "max")
    )
    times = pd.DataFrame(
        {"query": searches["query"].map(normalise), "time": pd.to_datetime(searches["time"])}
    )
    pairs["first_seen"] = pairs["query"].map(times.groupby("query")["time"].min())
    return pairs[columns]


def impressions(searches: pd.DataFrame) -> pd.DataFrame:
    """One row per impression with `query`, `product_id`, `position` and whether it was clicked."""
    keys = ["session_id", "query", "product_id"]
    rows = searches[searches["product_id"].notna() & searches["position"].notna()]
    rows = rows.assign(
        position=pd.to_numeric(rows["position"]).clip(upper=DEEPEST).astype(int),
        clicked=rows["event"].eq("click"),
        session_id=rows["session_id"].fillna(""),
    )
    if not rows["event"].eq("impression").any():
        return rows.iloc[:0]
    shown = rows.groupby([*keys, "position"], as_index=False, sort=False)
    return shown.agg(clicked=("clicked", "max"))
