"""Confidence that can be believed, and when to say *unsure*."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

Floats = NDArray[np.float64]


def log_softmax(scores: Floats) -> Floats:
    """The logarithm of each row's softmax."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    total: Floats = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.asarray(shifted - total)


def log_loss(scores: Floats, labels: NDArray[np.int64]) -> float:
    """Minus the mean log-likelihood of `labels` (column numbers) under softmax; 0 for none."""
    return float(row_losses(scores, labels).sum() / max(len(labels), 1))


def row_losses(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    """Minus the log-likelihood of each row's label (a column number) under softmax."""
    return np.asarray(-log_softmax(scores)[np.arange(len(labels)), labels])


def fit_temperature(scores: Floats, labels: NDArray[np.int64]) -> float:
    """The temperature T that makes softmax(scores / T) fit `labels` best.

    Guo et al. 2017, section 4.2; searched between 1/20 and 20. 1 for no labels.
    """
    if len(labels) == 0:
        return 1.0
    found = minimize_scalar(
        lambda power: log_loss(scores / np.exp(power), labels), bounds=(-3.0, 3.0), method="bounded"
    )
    return float(np.exp(found.x))


def choose_threshold(
    right: Sequence[bool] | NDArray[np.bool_], confidence: Floats, precision: float
) -> float:
    """The lowest confidence from which on at least `precision` of the answers were right.

    1 when no confidence reaches it: every answer is then unsure.
    """
    order = np.argsort(-confidence, kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=bool)[order])
    share = hits / np.arange(1, len(order) + 1)
    # Only a cut between different confidences can be made.
    ends = np.append(np.diff(confidence[order]) < 0, True) if len(order) else np.array([], bool)
    good = np.flatnonzero((share >= precision) & ends)
    return float(confidence[order[good[-1]]]) if len(good) else 1.0
