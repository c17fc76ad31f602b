"""A linear support vector machine per head, in the form of `engine.models.linear`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.svm import LinearSVC

from engine.models.linear import Floats, Linear

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
    parameters = {}
    for head, codes in labels.items():
        rows, known = codes >= 0, validation[1][head] >= 0
        held, truth = validation[0][known], validation[1][head][known]
        tried = []
        for cost in COSTS:
            fit = _fit(features[rows], codes[rows], weights[head][rows], sizes[head], cost)
            guesses = np.asarray(held @ fit[0] + fit[1]).argmax(axis=1) if len(truth) else truth
            f1 = f1_score(truth, guesses, average="macro", zero_division=0) if len(truth) else 0.0
            tried.append((float(f1), fit))
        parameters[head] = max(tried, key=lambda pair: pair[0])[1]
    return Linear(parameters)


def _fit(
    features: Any, codes: NDArray[np.int64], weights: Floats, size: int, cost: float
) -> tuple[Floats, Floats]:
    """Weights `(features, labels)` and biases; labels that the rows never show score very low."""
    present = np.unique(codes)
    coefficients = np.zeros((size, features.shape[1]))
    bias = np.full(size, -20.0)
    if len(present) < 2:
        bias[present] = 0.0
        return coefficients.T, bias
    model = LinearSVC(C=cost, random_state=0).fit(features, codes, sample_weight=weights)
    if len(present) > 2:
        coefficients[present], bias[present] = model.coef_, model.intercept_
    else:
        sides = np.array([-0.5, 0.5])
        coefficients[present] = sides[:, None] * model.coef_[0]
        bias[present] = sides * model.intercept_[0]
    return coefficients.T, bias
