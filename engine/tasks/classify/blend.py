"""Several classifiers answering as one: weights, temperature and threshold from validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.models.calibration import choose_threshold, fit_temperature, log_softmax, row_losses

Floats = NDArray[np.float64]
PARTS_OF_ONE = 6


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
    """Choose weights and temperature on validation by log loss, and the threshold by precision.

    `scores` holds each member's log-probabilities on the validation rows, `labels` the true column
    numbers, -1 where unknown. Every member is brought to its own best temperature first, so that an
    overconfident one does not shout the others down. Then the members share evenly unless other
    weights are better by more than a standard error: few rows tell little (the one-standard-error
    rule, Breiman et al. 1984, section 3.4.3).
    """
    known = labels >= 0
    truth = labels[known]
    heats = {name: fit_temperature(table[known], truth) for name, table in scores.items()}
    held = {name: log_softmax(table[known] / heats[name]) for name, table in scores.items()}
    even = dict.fromkeys(scores, 1 / len(scores))
    chosen = _choose(held, truth) if known.any() else even
    weights = {name: weight / heats[name] for name, weight in chosen.items() if weight}
    mixed = _mix(chosen, held)
    temperature = fit_temperature(mixed, truth)
    table = log_softmax(mixed / temperature)
    threshold = choose_threshold(
        table.argmax(axis=1) == truth, np.exp(table.max(axis=1)), precision
    )
    return Blend(weights, temperature, threshold)


def fit_blends(
    systems: Mapping[str, Sequence[str]],
    scores: Mapping[str, Mapping[str, Floats]],
    labels: Mapping[str, NDArray[np.int64]],
    precision: float,
) -> dict[str, dict[str, Blend]]:
    """Per system and head the blend of the members that `systems` names; else as `fit_blend`.

    `scores` are the members' log-probabilities by head.
    """
    return {
        system: {
            head: fit_blend({name: scores[name][head] for name in names}, truth, precision)
            for head, truth in labels.items()
        }
        for system, names in systems.items()
    }


def answer_blends(
    blends: Mapping[str, Mapping[str, Blend]], scores: Mapping[str, Mapping[str, Floats]]
) -> dict[str, dict[str, Floats]]:
    """Per system and head the probabilities `(rows, labels)`, from every member's `scores`."""
    return {
        system: {
            head: np.exp(
                blend.log_probabilities({name: scores[name][head] for name in blend.weights})
            )
            for head, blend in heads.items()
        }
        for system, heads in blends.items()
    }


def _choose(held: Mapping[str, Floats], truth: NDArray[np.int64]) -> dict[str, float]:
    """The weights nearest to even whose log loss is within a standard error of the best."""
    losses = []
    candidates = _simplex(list(held))
    for weights in candidates:
        mixed = _mix(weights, held)
        losses.append(row_losses(mixed / fit_temperature(mixed, truth), truth))
    best = losses[int(np.argmin([loss.mean() for loss in losses]))]
    gaps = [loss - best for loss in losses]
    good = [
        weights
        for weights, gap in zip(candidates, gaps, strict=True)
        if gap.mean() <= gap.std() / np.sqrt(len(truth))
    ]
    return min(good, key=lambda weights: sum(weight**2 for weight in weights.values()))


def _mix(weights: Mapping[str, float], scores: Mapping[str, Floats]) -> Floats:
    mixed: Floats = np.sum(
        [weight * scores[name] for name, weight in weights.items() if weight], axis=0
    )
    return mixed


def _simplex(names: Sequence[str]) -> list[dict[str, float]]:
    """All weights in steps of 1 / PARTS_OF_ONE that add up to 1."""
    if len(names) == 1:
        return [{names[0]: 1.0}]
    counts = product(range(PARTS_OF_ONE + 1), repeat=len(names) - 1)
    rows = [(*row, PARTS_OF_ONE - sum(row)) for row in counts if sum(row) <= PARTS_OF_ONE]
    return [dict(zip(names, (n / PARTS_OF_ONE for n in row), strict=True)) for row in rows]
