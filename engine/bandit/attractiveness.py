"""How attractive a product would be for a query that never showed it: learned from the log.

Simulated shoppers have to react to products that the log never showed for a query. What attracted
shoppers to other products predicts that: how high words and meaning rank a product, how attractive
it was for other queries, how similar it is to the best answer and to what the shopper likes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import optimize, special

from engine.bandit.arrays import Floats
from engine.bandit.click_model import (
    PRIOR_STRENGTH,
    ClickModel,
    Counts,
    factorize_pairs,
    name_counts,
    posterior,
)
from engine.bandit.impressions import each_list
from engine.bandit.similarity import ProductSimilarity, highest_affinity
from engine.bandit.system_rankings import SystemRankings
from engine.bandit.visits import Visit

PRODUCT_FEATURES = ("always", "words", "meaning", "elsewhere", "similar", "taste")
# How many of a shopper's last acts tell their taste.
RECENT = 10
_RIDGE = 1.0
_ROUNDS = 5


@dataclass(frozen=True)
class AttractivenessModel:
    """A logistic model of attractiveness, as the prior of a click model.

    `weights` are by the names of `PRODUCT_FEATURES`, `rankings` by query; `model` is the click
    model of the same log.
    """

    rankings: Mapping[str, SystemRankings]
    similarity: ProductSimilarity
    model: ClickModel
    weights: Floats
    _discounts: dict[str, dict[str, Floats]] = field(default_factory=dict, repr=False)

    def __call__(self, query: str, products: Sequence[str], visit: Visit) -> Floats:
        """How attractive each product is, 0 to 1."""
        attractive: Floats = special.expit(self.features(query, products, visit) @ self.weights)
        return attractive

    def features(self, query: str, products: Sequence[str], visit: Visit) -> Floats:
        """What the model reads, each 0 to 1, shape (products, features).

        - `always`: 1, the intercept
        - `words`, `meaning`: the DCG discount of the product's rank, 1 / log2(1 + rank)
        - `elsewhere`: how attractive the product was for other queries
        - `similar`: its similarity to the recommended system's first product
        - `taste`: its mean similarity to what the shopper did last
        """
        discounts = self._discounts_of(query)
        first = next(iter(self.rankings[query].recommended), None)
        acts = [*visit.history, *visit.acts][-RECENT:]
        highest = highest_affinity(acts)
        rows = [
            (
                1.0,
                *discounts.get(name, (0.0, 0.0)),
                self._elsewhere(query, name),
                self.similarity.between(name, first) if first else 0.0,
                self.similarity.affinity(name, acts) / highest if highest else 0.0,
            )
            for name in products
        ]
        return np.array(rows).reshape(len(products), len(PRODUCT_FEATURES))

    def _discounts_of(self, query: str) -> dict[str, Floats]:
        """By product, the discounts of its ranks by words and by meaning; 0 where it has none."""
        if query not in self._discounts:
            discounts: dict[str, Floats] = {}
            rankings = self.rankings[query]
            for column, ranking in enumerate((rankings.words, rankings.meaning)):
                for rank, name in enumerate(ranking, start=1):
                    discounts.setdefault(name, np.zeros(2))[column] = 1 / np.log2(1 + rank)
            self._discounts[query] = discounts
        return self._discounts[query]

    def _elsewhere(self, query: str, product: str) -> float:
        attracted, shown = self._totals.get(product, (0.0, 0.0))
        attracted_here, shown_here = self.model.counts.get((query, product), (0.0, 0.0))
        elsewhere = PRIOR_STRENGTH * self._mean + attracted - attracted_here
        return elsewhere / (PRIOR_STRENGTH + shown - shown_here)

    @cached_property
    def _totals(self) -> dict[str, Counts]:
        """The counts of each product for all queries together."""
        counts = pd.DataFrame(self.model.counts.values(), columns=["attracted", "shown"])
        sums = counts.groupby([product for _, product in self.model.counts]).sum()
        return {str(name): (a, b) for name, a, b in sums.itertuples()}

    @cached_property
    def _mean(self) -> float:
        attracted, shown = np.array(list(self.model.counts.values())).sum(axis=0)
        return float(attracted / shown)


def fit_prior(
    model: ClickModel,
    shown: pd.DataFrame,
    rankings: Mapping[str, SystemRankings],
    similarity: ProductSimilarity,
    visits: Mapping[str, Visit],
) -> ClickModel:
    """`model` for the queries of `rankings`, with an `AttractivenessModel` as its prior.

    The prior's weights w maximise the likelihood of the clicks in the rows `shown`,
    P(click) = examination · σ(w · features), with a ridge of 1; then each pair's own clicks move it
    from the prior. This is the regression-based EM of Wang et al. (WSDM 2018), but the examination
    stays that of `model`.
    """
    rows = shown[shown["query"].isin(rankings)]
    unfitted = AttractivenessModel(rankings, similarity, model, np.zeros(len(PRODUCT_FEATURES)))
    features = np.empty((len(rows), len(PRODUCT_FEATURES)))
    for page in each_list(rows, visits):
        features[page.rows] = unfitted.features(page.query, page.products, page.visit)
    examined = model.examination_at(rows["place"].to_numpy(dtype=int))
    clicked = rows["clicked"].to_numpy(dtype=float)
    weights = _fit_weights(features, examined, clicked)
    prior = special.expit(features @ weights)
    codes, pairs = factorize_pairs(rows)
    times = np.bincount(codes)
    attracted: Floats = np.zeros(len(times))
    for _ in range(_ROUNDS):
        attractive = posterior(prior, attracted[codes], times[codes])
        # An unclicked product may have been attractive, but not examined.
        unseen = attractive * (1 - examined) / np.maximum(1 - attractive * examined, 1e-9)
        attracted = np.bincount(codes, np.where(clicked > 0, 1.0, unseen)).astype(float)
    return replace(
        model,
        counts=name_counts(pairs, attracted, times),
        prior=replace(unfitted, weights=weights),
    )


def _fit_weights(features: Floats, examined: Floats, clicked: Floats) -> Floats:
    def loss(weights: Floats) -> tuple[float, Floats]:
        """The negative log likelihood with its ridge, and its gradient."""
        attractive = special.expit(features @ weights)
        click = np.clip(attractive * examined, 1e-9, 1 - 1e-9)
        value = -(clicked * np.log(click) + (1 - clicked) * np.log(1 - click)).sum()
        slope = -(clicked - (1 - clicked) * click / (1 - click)) * (1 - attractive)
        penalty = _RIDGE * weights
        return float(value + weights @ penalty / 2), features.T @ slope + penalty

    start = np.zeros(features.shape[1])
    weights: Floats = optimize.minimize(loss, start, jac=True, method="L-BFGS-B").x
    return weights
