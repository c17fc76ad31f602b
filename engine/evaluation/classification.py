"""How accurate and how well calibrated class probabilities are."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

PRIMARY = "macro_f1"
BINS = 10
FIGURES = ("macro_f1", "accuracy", "ece", "log_loss")


def macro_f1(truth: ArrayLike, output: ArrayLike) -> float:
    """The mean over the labels present in `truth` of F1 = 2·TP / (2·TP + FP + FN).

    The same as `sklearn.metrics.f1_score(average="macro", labels=<those in truth>)`, but fast
    enough for a bootstrap when given integer codes. `nan` for no rows.
    """
    true, predicted = np.asarray(truth), np.asarray(output)
    if len(true) == 0:
        return float("nan")
    labels, codes = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    true_codes, predicted_codes = codes[: len(true)], codes[len(true) :]
    support = np.bincount(true_codes, minlength=len(labels))
    answered = np.bincount(predicted_codes, minlength=len(labels))
    hits = np.bincount(true_codes[true_codes == predicted_codes], minlength=len(labels))
    present = support > 0
    return float(np.mean(2 * hits[present] / (support[present] + answered[present])))


def expected_calibration_error(right: ArrayLike, confidence: ArrayLike, bins: int = BINS) -> float:
    """The mean gap between confidence and accuracy over equally wide bins, weighted by rows.

    Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3. `nan` for no rows.
    """
    curve = calibration_curve(right, confidence, bins)
    if curve.empty:
        return float("nan")
    gaps = (curve["accuracy"] - curve["confidence"]).abs()
    return float(np.average(gaps, weights=curve["rows"]))


def calibration_curve(right: ArrayLike, confidence: ArrayLike, bins: int = BINS) -> pd.DataFrame:
    """Per non-empty bin of confidence: mean `confidence`, `accuracy` and `rows`.

    `right` is 1 where the answer was right; a confidence on an edge belongs to the bin below, as
    in Guo et al. 2017.
    """
    is_right, confidences = np.asarray(right, float), np.asarray(confidence, float)
    places = np.ceil(confidences * bins).clip(1, bins).astype(int)
    rows = np.bincount(places)
    sums = {
        "confidence": np.bincount(places, confidences),
        "accuracy": np.bincount(places, is_right),
    }
    full = rows > 0
    means = {name: column[full] / rows[full] for name, column in sums.items()}
    return pd.DataFrame(means | {"rows": rows[full]})


def outputs(probabilities: pd.DataFrame) -> pd.Series:
    """The most likely label of every row; the first of equals."""
    places = probabilities.to_numpy().argmax(axis=1)
    return pd.Series(probabilities.columns.to_numpy()[places], index=probabilities.index)


def score(truth: pd.Series, probabilities: pd.DataFrame) -> dict[str, float]:
    """The figures of one head on the rows whose truth is known.

    `truth` holds labels or null, `probabilities` one column per label, rows in the same order.
    Returns `macro_f1`, `accuracy`, `ece` (see above), `log_loss` (natural logarithm; a truth
    without a column counts as probability 1e-12) and `rows`; all but `rows` are `nan` for no rows.
    """
    labelled = truth.notna().to_numpy()
    true = truth.to_numpy(dtype=object)[labelled]
    if len(true) == 0:
        return dict.fromkeys(FIGURES, float("nan")) | {"rows": 0.0}
    answers = probabilities[labelled]
    predicted = outputs(answers).to_numpy(dtype=object)
    right = true == predicted
    table, columns = answers.to_numpy(dtype=float), answers.columns.get_indexer(pd.Index(true))
    likelihood = np.where(columns >= 0, table[np.arange(len(true)), columns], 0.0)
    return {
        "macro_f1": macro_f1(true, predicted),
        "accuracy": float(right.mean()),
        "ece": expected_calibration_error(right, table.max(axis=1)),
        "log_loss": float(-np.log(np.maximum(likelihood, 1e-12)).mean()),
        "rows": float(len(true)),
    }


def score_heads(
    truths: Mapping[str, pd.Series], answers: Mapping[str, pd.DataFrame]
) -> dict[str, float]:
    """`score` of every head as `<head>.<figure>`, and the mean over heads of each of `FIGURES`.

    The mean `macro_f1` is the primary metric. A head without any known truth is left out.
    """
    scores = {
        head: score(truth, answers[head]) for head, truth in truths.items() if truth.notna().any()
    }
    flat = {f"{head}.{name}": value for head, row in scores.items() for name, value in row.items()}
    means = {name: float(np.mean([row[name] for row in scores.values()])) for name in FIGURES}
    return means | flat


def confusion(truth: pd.Series, output: pd.Series, labels: list[str]) -> NDArray[np.int64]:
    """How often each true label (row) was answered with each label (column), in `labels`' order.

    Rows without a truth, and labels that are not in `labels`, are left out.
    """
    rows, columns = (pd.Index(labels).get_indexer(pd.Index(names)) for names in (truth, output))
    inside = (rows >= 0) & (columns >= 0)
    table = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(table, (rows[inside], columns[inside]), 1)
    return table
