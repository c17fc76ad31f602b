"""Several models' scores in one: how much each counts is learned from held-out baskets."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from engine.tasks.cooccurrence import Scores

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
        mixed: Scores = np.sum(parts, axis=0, dtype=np.float32)
        return mixed

    def part(self, name: str, scores: Scores) -> Scores:
        """What model `name` adds to the blend."""
        return np.float32(self.weights[name]) * squash(scores, self.scales[name])


def squash(scores: Scores, scale: float) -> Scores:
    """sign(s) · log(1 + |s| / scale)."""
    return np.sign(scores) * np.log1p(np.abs(scores) / np.float32(scale))


def learn_blend(
    scores: Mapping[str, Scores], hidden: Mapping[str, Scores], taken: NDArray[np.bool_]
) -> Blend:
    """The blend under which the hidden products are most likely beside their alternatives.

    A conditional logit (McFadden 1973): P(hidden | basket) is the softmax of the blended scores. Of
    many alternatives a random sample tells the same (McFadden 1978). Per model, `scores` are those
    of the alternatives, shape (baskets, alternatives), and `hidden` those of the hidden products,
    shape (baskets,). What is `taken` is no alternative: it is in the basket, or hidden itself.
    """
    scales = {name: usual_size(found) for name, found in scores.items()}
    names = list(scores)
    features = np.stack([squash(scores[name], scales[name]) for name in names])
    targets = np.stack([squash(hidden[name], scales[name]) for name in names])
    # One scale for all weights, so that the pull towards 1 means the same for each.
    spread = np.array([float(feature.std()) or 1.0 for feature in features], dtype=np.float32)
    # One row a model: then both products below are fast ones of a matrix and a vector.
    flat = (features / spread[:, None, None]).reshape(len(names), -1)
    targets /= spread[:, None]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        small = weights.astype(np.float32)
        logits = (small @ flat).reshape(taken.shape)
        logits[taken] = -np.inf
        own = small @ targets
        total = np.logaddexp(logsumexp(logits, axis=1), own)
        chance = np.exp(logits - total[:, None])
        expected = flat @ chance.ravel() + targets @ np.exp(own - total)
        pull = weights - 1
        value = float((total - own).sum()) + PRIOR_BASKETS * float(pull @ pull) / 2
        slope = (expected - targets.sum(axis=1)).astype(float) + PRIOR_BASKETS * pull
        return value, slope

    start = np.ones(len(names))
    found = minimize(loss, start, jac=True, method="L-BFGS-B").x if len(taken) else start
    weights = {name: float(w / size) for name, w, size in zip(names, found, spread, strict=True)}
    return Blend(weights, scales)


def usual_size(scores: Scores) -> float:
    """The mean size of the scores that are not 0; 1 where all are."""
    sizes = np.abs(scores[scores != 0])
    return float(sizes.mean()) if len(sizes) else 1.0
