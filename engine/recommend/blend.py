"""Several models' scores in one: how much each counts is learned from held-out baskets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from scipy.special import logsumexp

from engine.recommend.cooccurrence import Scores

# Baskets × products that are looked at while learning: 40 MB for each model.
MOST_SCORES = 10_000_000
# Pull of every weight towards 1, in baskets: with few of them the models count alike.
PRIOR_BASKETS = 5.0


@dataclass(frozen=True)
class Blend:
    """score = Σ weight · sign(s) · log(1 + |s| / scale) over the models' scores s.

    The logarithm brings counts, lifts and cosines to like shapes; `scales` are their usual sizes.
    """

    weights: Mapping[str, float]
    scales: Mapping[str, float]

    def mix(self, scores: Mapping[str, Scores]) -> Scores:
        """One score per basket and product from those of the models of the same names."""
        parts = [self.part(name, scores[name]) for name in self.weights]
        return np.sum(parts, axis=0, dtype=np.float32)

    def part(self, name: str, scores: Scores) -> Scores:
        """What model `name` adds to the blend."""
        return np.float32(self.weights[name]) * squash(scores, self.scales[name])


def squash(scores: Scores, scale: float) -> Scores:
    """sign(s) · log(1 + |s| / scale)."""
    return np.sign(scores) * np.log1p(np.abs(scores) / np.float32(scale))


def learn_blend(scores: Mapping[str, Scores], baskets: csr_matrix, hidden: Sequence[int]) -> Blend:
    """The blend under which the hidden products are most likely among all that a basket lacks.

    A conditional logit (McFadden 1973): P(hidden | basket) is the softmax of the blended scores.
    `scores` are the models' for `baskets`, `hidden` the columns of their hidden products.
    """
    scales = {name: usual_size(found) for name, found in scores.items()}
    names, rows = list(scores), np.arange(len(hidden))
    held = np.asarray(baskets.todense()) > 0
    # One scale for all weights, so that the pull towards 1 means the same for each.
    features = [squash(scores[name], scales[name]) for name in names]
    spread = [float(feature.std()) or 1.0 for feature in features]
    features = [feature / size for feature, size in zip(features, spread, strict=True)]
    targets = np.array([feature[rows, list(hidden)] for feature in features])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logits = np.tensordot(weights.astype(np.float32), np.stack(features), axes=1)
        logits[held] = -np.inf
        total = logsumexp(logits, axis=1)
        chance = np.exp(logits - total[:, None])
        expected = np.array([np.einsum("ij,ij->", chance, feature) for feature in features])
        value = float(total.sum() - weights @ targets.sum(axis=1))
        pull = weights - 1
        return (
            value + PRIOR_BASKETS * float(pull @ pull) / 2,
            expected - targets.sum(axis=1) + PRIOR_BASKETS * pull,
        )

    start = np.ones(len(names))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x if len(hidden) else start
    weights = {name: float(w / size) for name, w, size in zip(names, found, spread, strict=True)}
    return Blend(weights, scales)


def usual_size(scores: Scores) -> float:
    """The mean size of the scores that are not 0; 1 where all are."""
    sizes = np.abs(scores[scores != 0])
    return float(sizes.mean()) if len(sizes) else 1.0
