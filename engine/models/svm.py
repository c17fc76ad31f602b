"""A linear support vector machine per head, in the form of `engine.models.linear`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

from engine.models.linear import Floats, Linear, fit_best

# How much a training example may cost; the validation part chooses.
COSTS = (0.1, 0.5, 2.0)


def fit_svm(
    features: Any,
    labels: Mapping[str, NDArray[np.int64]],
    weights: Mapping[str, Floats],
    sizes: Mapping[str, int],
    validation: tuple[Any, Mapping[str, NDArray[np.int64]]],
) -> Linear:
    """Fit every head; of `COSTS` keep the one of most macro-F1 on the validation part.

    As `fit_linear`: `labels` are column numbers below `sizes[head]`, -1 where unknown. The scores
    are margins, one against the rest, and have to be brought to a temperature like any others.
    """
    return fit_best(
        LinearSVC(random_state=0), COSTS, _macro_f1, features, labels, weights, sizes, validation
    )


def _macro_f1(margins: Floats, truth: NDArray[np.int64]) -> float:
    if not len(truth):
        return 0.0
    return float(f1_score(truth, margins.argmax(axis=1), average="macro", zero_division=0))
