"""Why shoppers click: how attractive a product is for a query, times whether they look there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from engine.bandit.arrays import Floats, Integers
from engine.bandit.impressions import each_list
from engine.bandit.visits import NOBODY, Visit
from engine.labelling.clicks import fit_position_based

# The prior attractiveness of a product for a query counts as much as so many impressions.
PRIOR_STRENGTH = 5.0
_SEPARATOR = "\x1f"

# How often a product was attractive for a query, and how often it was shown.
Counts = tuple[float, float]


class Prior(Protocol):
    """What is believed of products for a query before they were ever shown for it."""

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Floats:
        """The attractiveness of each product, 0 to 1."""


@dataclass(frozen=True)
class ConstantPrior:
    """The same attractiveness for every product."""

    value: float

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Floats:
        """The value for each product."""
        return np.full(len(products), self.value)


@dataclass(frozen=True)
class ClickModel:
    """A position-based model: a product is clicked if it is examined and attractive.

    `counts` are by query and product. `examination` is the probability that a position is examined
    and `by_position` the clicks per impression (what a model without products would predict); both
    begin at the first position.
    """

    counts: Mapping[tuple[str, str], Counts]
    prior: Prior
    examination: Floats
    by_position: Floats

    def attractiveness(self, query: str, products: Sequence[str], visit: Visit = NOBODY) -> Floats:
        """How attractive each product is for the normalised `query`, 0 to 1."""
        counts = [self.counts.get((query, name), (0.0, 0.0)) for name in products]
        attracted, shown = np.array(counts).reshape(-1, 2).T
        prior = self.prior(query, products, visit)
        return posterior(prior, attracted, shown)

    def click_probabilities(
        self, query: str, products: Sequence[str], visit: Visit = NOBODY
    ) -> Floats:
        """The probability of a click on each product of a list, from its top."""
        examined = self.examination_at(np.arange(len(products)))
        return self.attractiveness(query, products, visit) * examined

    def examination_at(self, places: Integers) -> Floats:
        """The examination of places (from 0); below the log's deepest one, that of the deepest."""
        examined: Floats = self.examination[np.minimum(places, len(self.examination) - 1)]
        return examined


def posterior(prior: Floats, attracted: Floats, shown: Floats | Integers) -> Floats:
    """Attractiveness after products were shown so often, and attractive so often of these."""
    return (PRIOR_STRENGTH * prior + attracted) / (PRIOR_STRENGTH + shown)


def fit_click_model(shown: pd.DataFrame) -> ClickModel:
    """Fit the model to the rows of `read_impressions` by expectation maximisation.

    It starts from the clicks per impression by position. From elsewhere it would need hundreds of
    rounds when few shoppers look far down.
    """
    place, clicked = shown["place"].to_numpy(dtype=int), shown["clicked"].to_numpy(dtype=float)
    codes, pairs = factorize_pairs(shown)
    by_position = (np.bincount(place, clicked) + 0.5) / (np.bincount(place) + 1)
    start = by_position / by_position.max()
    prior = float(np.clip(clicked.sum() / start[place].sum(), 1e-6, 1 - 1e-6))
    attractive, examination = fit_position_based(
        codes, place, clicked, start, prior, PRIOR_STRENGTH
    )
    times = np.bincount(codes)
    attracted = attractive * (times + PRIOR_STRENGTH) - PRIOR_STRENGTH * prior
    counts = name_counts(pairs, attracted, times)
    return ClickModel(counts, ConstantPrior(prior), examination, by_position)


def factorize_pairs(shown: pd.DataFrame) -> tuple[Integers, Iterable[str]]:
    """The number of each row's query and product, shape (rows,), and the pairs by number."""
    codes, pairs = pd.factorize(shown["query"] + _SEPARATOR + shown["product_id"])
    return codes, pairs


def name_counts(
    pairs: Iterable[str], attracted: Floats, times: Integers
) -> dict[tuple[str, str], Counts]:
    """`ClickModel.counts` from arrays by the number of `factorize_pairs`."""
    names = (pair.partition(_SEPARATOR) for pair in pairs)
    return {
        (query, product): (max(float(attractive), 0.0), float(shown))
        for (query, _, product), attractive, shown in zip(names, attracted, times, strict=True)
    }


def row_attractiveness(
    model: ClickModel, shown: pd.DataFrame, visits: Mapping[str, Visit]
) -> Floats:
    """How attractive each row's product was to the visit that saw it, shape (rows,)."""
    attractive = np.empty(len(shown))
    for page in each_list(shown, visits):
        attractive[page.rows] = model.attractiveness(page.query, page.products, page.visit)
    return attractive
