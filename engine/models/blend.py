"""Several classifiers answering as one: weights, temperature and threshold from validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.models.calibration import choose_threshold, fit_temperature, log_loss, log_softmax

Floats = NDArray[np.float64]
PARTS_OF_ONE = 8


@dataclass(frozen=True)
class Blend:
    """A weighted geometric mean of members' probabilities for one head, then a temperature.

    log p = log-softmax(Σ weight·log p_member / temperature): a log-linear opinion pool (Genest and
    Zidek 1986). An answer less confident than `threshold` counts as unsure.
    """

    weights: Mapping[str, float]
    temperature: float = 1.0
    threshold: float = 0.0

    def log_probabilities(self, scores: Mapping[str, Floats]) -> Floats:
        """The members' log-probabilities `(rows, labels)` mixed into one."""
        return log_softmax(_mix(self.weights, scores) / self.temperature)


def fit_blend(scores: Mapping[str, Floats], labels: NDArray[np.int64], precision: float) -> Blend:
    """Choose weights and temperature by log loss on validation, and the threshold by precision.

    `scores` holds each member's log-probabilities on the validation rows, `labels` the true column
    numbers, -1 where unknown. Weights are eighths that add up to 1; with one label known for few
    rows the members share equally.
    """
    known = labels >= 0
    truth = labels[known]
    held = {name: table[known] for name, table in scores.items()}
    even = {name: 1 / len(scores) for name in scores}
    if not known.any():
        return Blend(even)
    tried = []
    for weights in _simplex(list(scores)):
        mixed = _mix(weights, held)
        temperature = fit_temperature(mixed, truth)
        tried.append((log_loss(mixed / temperature, truth), weights, temperature))
    _, weights, temperature = min(tried, key=lambda row: row[0])
    table = log_softmax(_mix(weights, held) / temperature)
    right = table.argmax(axis=1) == truth
    threshold = choose_threshold(right, np.exp(table.max(axis=1)), precision)
    return Blend(weights, temperature, threshold)


def _mix(weights: Mapping[str, float], scores: Mapping[str, Floats]) -> Floats:
    return np.sum([weight * scores[name] for name, weight in weights.items()], axis=0)


def _simplex(names: Sequence[str]) -> list[dict[str, float]]:
    if len(names) == 1:
        return [{names[0]: 1.0}]
    counts = product(range(PARTS_OF_ONE + 1), repeat=len(names) - 1)
    rows = [(*row, PARTS_OF_ONE - sum(row)) for row in counts if sum(row) <= PARTS_OF_ONE]
    return [dict(zip(names, (n / PARTS_OF_ONE for n in row), strict=True)) for row in rows]
