"""How attractive a product would be for a query that has never shown it: learned from the log.

A crowd has to react to products that the log never showed for a query. What made other products
attractive tells: how high words and meaning rank them, how attractive they were elsewhere, how
alike they are to the best answer, and how close to the shopper's own taste.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import optimize, special

from engine.bandit.arms import WORDS, Visit
from engine.bandit.click_model import SPLIT, STRENGTH, Array, ClickModel, each_list, name_pairs
from engine.bandit.similarity import Shelf
from engine.tasks.search.answers import SearchAnswer

SIGNS = ("always", "words", "meaning", "elsewhere", "alike", "taste")
RECENT = 10
_RIDGE = 1.0
_ROUNDS = 5


@dataclass(frozen=True)
class Appeal:
    """A logistic model of attractiveness; `weights` by the names of `SIGNS`."""

    answers: Mapping[str, SearchAnswer]
    shelf: Shelf
    model: ClickModel
    weights: Array
    _places: dict[str, dict[str, tuple[float, float]]] = field(default_factory=dict, repr=False)

    @cached_property
    def _totals(self) -> dict[str, tuple[float, float]]:
        """How often each product attracted and was shown, for all queries together."""
        frame = pd.DataFrame(self.model.seen.values(), columns=["drawn", "shown"])
        sums = frame.groupby([product for _, product in self.model.seen]).sum()
        return {str(name): (a, b) for name, a, b in sums.itertuples()}

    @cached_property
    def _mean(self) -> float:
        drawn, shown = np.array(list(self.model.seen.values())).sum(axis=0)
        return float(drawn / shown)

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Array:
        """How attractive each product is, 0 to 1."""
        chance: Array = special.expit(self.signs(query, products, visit) @ self.weights)
        return chance

    def signs(self, query: str, products: Sequence[str], visit: Visit) -> Array:
        """What the model reads, each 0 to 1, shape (products, signs).

        Ranks count by the discount of DCG, 1 / log2(1 + rank); `elsewhere` is how attractive the
        product was for other queries, `taste` the mean likeness to what the shopper did last.
        """
        answer = self.answers[query]
        places = self._ranks(query)
        best = next(iter(answer.systems[answer.system]), (None, 0.0))[0]
        acts = [*visit.history, *visit.acts][-RECENT:]
        strength = self.shelf.strength(acts)
        rows = [
            (
                1.0,
                *places.get(name, (0.0, 0.0)),
                self._elsewhere(query, name),
                self.shelf.likeness(name, best) if best else 0.0,
                self.shelf.affinity(name, acts) / strength if strength else 0.0,
            )
            for name in products
        ]
        return np.array(rows).reshape(len(products), len(SIGNS))

    def _elsewhere(self, query: str, product: str) -> float:
        drawn, shown = self._totals.get(product, (0.0, 0.0))
        own, own_shown = self.model.seen.get((query, product), (0.0, 0.0))
        return (STRENGTH * self._mean + drawn - own) / (STRENGTH + shown - own_shown)

    def _ranks(self, query: str) -> dict[str, tuple[float, float]]:
        if query not in self._places:
            systems = self.answers[query].systems
            meaning = "tuned" if "tuned" in systems else "untuned"
            found: dict[str, list[float]] = {}
            for column, system in enumerate((WORDS, meaning)):
                for place, (name, _) in enumerate(systems[system], start=1):
                    found.setdefault(name, [0.0, 0.0])[column] = float(1 / np.log2(1 + place))
            self._places[query] = {name: (a, b) for name, (a, b) in found.items()}
        return self._places[query]


def inform(
    model: ClickModel,
    shown: pd.DataFrame,
    answers: Mapping[str, SearchAnswer],
    shelf: Shelf,
    visits: Mapping[str, Visit],
) -> ClickModel:
    """`model` for the queries in `answers`, guessing by an `Appeal` fitted on the rows `shown`.

    The weights w maximise the likelihood of the clicks, P(click) = examination · σ(w · signs), with
    a ridge of 1; then each pair's own clicks move it from the guess. As the regression-based EM of
    Wang et al. (WSDM 2018), with the examination of `model` kept.
    """
    rows = shown[shown["query"].isin(answers)]
    blank = Appeal(answers, shelf, model, np.zeros(len(SIGNS)))
    signs = np.empty((len(rows), len(SIGNS)))
    for where, query, products, visit in each_list(rows, visits):
        signs[where] = blank.signs(query, products, visit)
    looked = model.looks(rows["place"].to_numpy(dtype=int))
    clicked = rows["clicked"].to_numpy(dtype=float)
    weights = _fit_weights(signs, looked, clicked)
    guess = special.expit(signs @ weights)
    codes, pairs = pd.factorize(rows["query"] + SPLIT + rows["product_id"])
    times = np.bincount(codes)
    drawn: Array = np.zeros(len(times))
    for _ in range(_ROUNDS):
        attractive = (STRENGTH * guess + drawn[codes]) / (STRENGTH + times[codes])
        unclicked = attractive * (1 - looked) / np.maximum(1 - attractive * looked, 1e-9)
        drawn = np.bincount(codes, np.where(clicked > 0, 1.0, unclicked)).astype(float)
    return replace(
        model, seen=name_pairs(pairs, drawn, times), guess=replace(blank, weights=weights)
    )


def _fit_weights(signs: Array, looked: Array, clicked: Array) -> Array:
    def loss(weights: Array) -> tuple[float, Array]:
        attractive = special.expit(signs @ weights)
        chance = np.clip(attractive * looked, 1e-9, 1 - 1e-9)
        value = -(clicked * np.log(chance) + (1 - clicked) * np.log(1 - chance)).sum()
        slope = -(clicked - (1 - clicked) * chance / (1 - chance)) * (1 - attractive)
        penalty = _RIDGE * weights
        return float(value + weights @ penalty / 2), signs.T @ slope + penalty

    found = optimize.minimize(loss, np.zeros(signs.shape[1]), jac=True, method="L-BFGS-B")
    weights: Array = found.x
    return weights
