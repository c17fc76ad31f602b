"""Why shoppers click: how attractive a product is for a query, times whether they look there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.bandit.arms import NOBODY, Acts, Visit
from engine.errors import InputError
from engine.labelling.clicks import fit_position_based, impressions
from engine.text.words import normalise

Array = NDArray[np.float64]

# What is guessed of a query and product counts as much as so many times shown.
STRENGTH = 5.0
HELD_OUT = 0.2
FEWEST_SESSIONS = 50
SAMPLES = 1000
SPLIT = "\x1f"


class Guess(Protocol):
    """What a model believes of products before it has seen them for a query."""

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Array:
        """How attractive each product is, 0 to 1."""


@dataclass(frozen=True)
class Same:
    """Every product is as attractive as the mean of the log."""

    value: float

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Array:
        """The mean for each product."""
        return np.full(len(products), self.value)


@dataclass(frozen=True)
class ClickModel:
    """A position-based model: a product is clicked if it is looked at and attractive.

    `seen` holds by query and product how often it attracted and how often it was shown; a `guess`
    counts as much as `STRENGTH` more times. `examination` and, as its baseline, `by_position`
    (clicks per impression) begin at the first position.
    """

    seen: Mapping[tuple[str, str], tuple[float, float]]
    guess: Guess
    examination: Array
    by_position: Array

    def attractive(self, query: str, products: Sequence[str], visit: Visit = NOBODY) -> Array:
        """How attractive each product is for the normalised `query`."""
        seen = [self.seen.get((query, name), (0.0, 0.0)) for name in products]
        drawn, shown = np.array(seen).reshape(-1, 2).T
        guess = self.guess(query, products, visit)
        attractive: Array = (STRENGTH * guess + drawn) / (STRENGTH + shown)
        return attractive

    def clicks(self, query: str, products: Sequence[str], visit: Visit = NOBODY) -> Array:
        """The chance of a click on each product of a list, from its top."""
        return self.attractive(query, products, visit) * self.looks(np.arange(len(products)))

    def looks(self, places: NDArray[np.intp]) -> Array:
        """The chance that a place (from 0) is looked at; beyond the deepest known as there."""
        looked: Array = self.examination[np.minimum(places, len(self.examination) - 1)]
        return looked


def read_impressions(searches: pd.DataFrame) -> pd.DataFrame:
    """One row per product shown, in the order of the log.

    Columns: `session_id`, `query` (normalised), `product_id`, `place`, `clicked`, `user_id`,
    `time`. `place` counts from 0, whatever the log counts from.
    Raises InputError for a log with fewer than 50 sessions with impressions.
    """
    shown = impressions(searches)
    if shown["session_id"].nunique() < FEWEST_SESSIONS:
        raise InputError("strategy.no_log", want=FEWEST_SESSIONS)
    shown = shown.assign(
        query=shown["query"].map({text: normalise(text) for text in shown["query"].unique()}),
        place=shown["position"] - shown["position"].min(),
    )
    return shown.assign(**_about_sessions(shown, searches))


def _about_sessions(shown: pd.DataFrame, searches: pd.DataFrame) -> dict[str, pd.Series]:
    """Who searched and when, by the session."""
    known = searches.dropna(subset="session_id").drop_duplicates("session_id")
    known = known.set_index("session_id")
    return {name: shown["session_id"].map(known[name]) for name in ("user_id", "time")}


def fit(shown: pd.DataFrame) -> ClickModel:
    """Fit the model to the rows of `read_impressions` by expectation maximisation.

    It starts from the clicks by position, where a model without products would stand: from
    elsewhere it takes hundreds of rounds to come near when few shoppers look deep.
    """
    place, clicked = shown["place"].to_numpy(dtype=int), shown["clicked"].to_numpy(dtype=float)
    codes, pairs = pd.factorize(shown["query"] + SPLIT + shown["product_id"])
    by_position = (np.bincount(place, clicked) + 0.5) / (np.bincount(place) + 1)
    start = by_position / by_position.max()
    prior = float(np.clip(clicked.sum() / start[place].sum(), 1e-6, 1 - 1e-6))
    attractive, looked = fit_position_based(codes, place, clicked, start, prior, STRENGTH)
    times = np.bincount(codes)
    drawn = attractive * (times + STRENGTH) - STRENGTH * prior
    return ClickModel(name_pairs(pairs, drawn, times), Same(prior), looked, by_position)


def name_pairs(
    pairs: Iterable[str], drawn: Array, times: NDArray[np.intp]
) -> dict[tuple[str, str], tuple[float, float]]:
    """`ClickModel.seen` from query and product in one text, parted by `SPLIT`."""
    names = (pair.partition(SPLIT) for pair in pairs)
    return {
        (query, product): (max(float(attracted), 0.0), float(shown))
        for (query, _, product), attracted, shown in zip(names, drawn, times, strict=True)
    }


def read_visits(shown: pd.DataFrame, histories: Mapping[str, Acts]) -> dict[str, Visit]:
    """Each session of the log as a visit of its shopper with what `histories` hold of them."""
    users = shown.drop_duplicates("session_id").set_index("session_id")["user_id"].dropna()
    return {
        str(session): Visit(history=tuple(histories[str(user)]))
        for session, user in users.items()
        if str(user) in histories
    }


@dataclass(frozen=True)
class Check:
    """How well a click model foretells sessions it has not seen.

    Perplexities are the mean over positions of 2 to the mean surprise in bits; 1 is perfect, 2 a
    coin. `gain` is how much of the baseline's distance to 1 is saved, with its 95 % interval.
    """

    perplexity: float
    position_only: float
    gain: float
    low: float
    high: float
    sessions: int
    positions: Sequence[float]
    positions_only: Sequence[float]


def check(
    shown: pd.DataFrame,
    learn: Callable[[pd.DataFrame], ClickModel] = fit,
    visits: Mapping[str, Visit] | None = None,
    seed: int = 0,
) -> Check:
    """Let `learn` fit on four sessions of five and measure on the fifth, against position alone.

    Source: Dupret and Piwowarski (SIGIR 2008); Chuklin, Markov and de Rijke (2015), section 5.2.
    The interval draws held-out sessions with replacement.
    """
    session = pd.factorize(shown["session_id"])[0]
    rng = np.random.default_rng(seed)
    held = (rng.random(session.max() + 1) < HELD_OUT)[session]
    model, test = learn(shown[~held]), shown[held]
    place = np.minimum(test["place"].to_numpy(dtype=int), len(model.examination) - 1)
    clicked = test["clicked"].to_numpy(dtype=float)
    chance = attractive_rows(model, test, visits or {}) * model.looks(place)
    surprise = (_surprise(clicked, chance), _surprise(clicked, model.by_position[place]))
    codes = pd.factorize(session[held])[0]
    # Surprise per session and position: what a drawn session brings along.
    shape = (codes.max() + 1, int(place.max()) + 1)
    cell = codes * shape[1] + place
    count, full, baseline = (
        np.bincount(cell, weight, minlength=shape[0] * shape[1]).reshape(shape)
        for weight in (None, *surprise)
    )
    drawn = rng.multinomial(shape[0], np.full(shape[0], 1 / shape[0]), size=SAMPLES)
    drawn = np.vstack([np.ones(shape[0]), drawn]).astype(float)
    n = np.maximum(drawn @ count, 1)
    ours, theirs = 2 ** (drawn @ full / n), 2 ** (drawn @ baseline / n)
    gains = 1 - (ours.mean(axis=1) - 1) / (theirs.mean(axis=1) - 1)
    low, high = np.percentile(gains[1:], [2.5, 97.5])
    return Check(
        float(ours[0].mean()), float(theirs[0].mean()), float(gains[0]), float(low), float(high),
        int(shape[0]), ours[0].tolist(), theirs[0].tolist(),
    )  # fmt: skip


def attractive_rows(model: ClickModel, shown: pd.DataFrame, visits: Mapping[str, Visit]) -> Array:
    """How attractive the product of each row was to the session that saw it, shape (rows,)."""
    found = np.empty(len(shown))
    for rows, query, products, visit in each_list(shown, visits):
        found[rows] = model.attractive(query, products, visit)
    return found


def each_list(
    shown: pd.DataFrame, visits: Mapping[str, Visit]
) -> Iterator[tuple[NDArray[np.intp], str, list[str], Visit]]:
    """Each list of the log: its row numbers, query, products, and the visit that saw it.

    The visit comes without acts on the list's own products.
    """
    names = zip(shown["session_id"], shown["query"], strict=True)
    groups = shown.groupby(pd.factorize(pd.Index(names))[0], sort=False)
    for rows in map(np.asarray, groups.indices.values()):
        session, query = shown["session_id"].iloc[rows[0]], shown["query"].iloc[rows[0]]
        products = shown["product_id"].iloc[rows].tolist()
        yield rows, str(query), products, visits.get(str(session), NOBODY).without(products)


def _surprise(clicked: Array, chance: Array) -> Array:
    chance = np.clip(chance, 1e-6, 1 - 1e-6)
    bits: Array = -np.where(clicked > 0, np.log2(chance), np.log2(1 - chance))
    return bits
