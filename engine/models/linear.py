"""Logistic regression on words, on frozen vectors or on both, saved without pickle."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from engine.models.calibration import log_loss, log_softmax
from engine.text.words import normalise, words

Floats = NDArray[np.float64]
# Inverse strengths of the L2 penalty that are tried; the validation part chooses.
PENALTIES = (0.5, 2.0, 8.0, 32.0, 128.0)
CHARACTERS = (2, 3, 4)


def grams(text: str) -> list[str]:
    """The features of a text: its words, pairs of neighbouring words, and runs of characters.

    Characters forgive typing errors and stand in for Chinese words that no dictionary knows.
    """
    terms = words(text)
    pairs = [f"{left} {right}" for left, right in pairwise(terms)]
    padded = f" {normalise(text)} "
    runs = [
        f"#{padded[start : start + size]}"
        for size in CHARACTERS
        for start in range(len(padded) - size + 1)
    ]
    return terms + pairs + runs


class Tfidf:
    """TF-IDF weights of `grams`, each text's vector of length 1 (scikit-learn's formula)."""

    def __init__(self, vectorizer: TfidfVectorizer) -> None:
        self.vectorizer = vectorizer

    @classmethod
    def fit(cls, texts: Iterable[str]) -> "Tfidf":
        """Learn the vocabulary and how rare each feature is."""
        return cls(TfidfVectorizer(analyzer=grams, sublinear_tf=True).fit(texts))

    @property
    def size(self) -> int:
        """How many features there are."""
        return len(self.vectorizer.vocabulary_)

    def transform(self, texts: Iterable[str]) -> sparse.csr_matrix:
        """One row per text, one column per feature."""
        return self.vectorizer.transform(texts)

    def save(self, folder: Path) -> None:
        """Write `tfidf.json` (features in column order) and `tfidf.safetensors` (`idf`)."""
        features = self.vectorizer.get_feature_names_out().tolist()
        text = json.dumps(features, ensure_ascii=False)
        (folder / "tfidf.json").write_text(text, encoding="utf-8")
        save_file({"idf": self.vectorizer.idf_}, folder / "tfidf.safetensors")

    @classmethod
    def load(cls, folder: Path) -> "Tfidf":
        """What `save` wrote."""
        features = json.loads((folder / "tfidf.json").read_text(encoding="utf-8"))
        vectorizer = TfidfVectorizer(analyzer=grams, sublinear_tf=True, vocabulary=features)
        vectorizer.idf_ = load_file(folder / "tfidf.safetensors")["idf"]
        return cls(vectorizer)


class Linear:
    """One multinomial logistic regression per head: `weights` `(features, labels)`, `bias`."""

    def __init__(self, parameters: Mapping[str, tuple[Floats, Floats]]) -> None:
        self.parameters = parameters

    def scores(self, features: Any) -> dict[str, Floats]:
        """The log-probabilities `(rows, labels)` of every head."""
        return {
            head: log_softmax(np.asarray(features @ weights) + bias)
            for head, (weights, bias) in self.parameters.items()
        }

    def stretched(self, lengths: Floats) -> "Linear":
        """The same for features that are not yet multiplied by `lengths`, one for each."""
        return Linear(
            {
                head: (weights * lengths[:, None], bias)
                for head, (weights, bias) in self.parameters.items()
            }
        )

    def losses(self, features: Any, labels: Mapping[str, NDArray[np.int64]]) -> dict[str, float]:
        """The log loss of every head over the rows that have a label (not -1); 0 for none."""
        return {
            head: log_loss(table[labels[head] >= 0], labels[head][labels[head] >= 0])
            for head, table in self.scores(features).items()
        }

    def save(self, file: Path) -> None:
        """Write the parameters as safetensors."""
        tensors: dict[str, Floats] = {}
        for head, (weights, bias) in self.parameters.items():
            tensors |= {f"{head}.weights": np.ascontiguousarray(weights), f"{head}.bias": bias}
        save_file(tensors, file)

    @classmethod
    def load(cls, file: Path) -> "Linear":
        """What `save` wrote."""
        tensors = load_file(file)
        heads = sorted(name.removesuffix(".bias") for name in tensors if name.endswith(".bias"))
        return cls({head: (tensors[f"{head}.weights"], tensors[f"{head}.bias"]) for head in heads})


def fit_linear(
    features: Any,
    labels: Mapping[str, NDArray[np.int64]],
    weights: Mapping[str, Floats],
    sizes: Mapping[str, int],
    validation: tuple[Any, Mapping[str, NDArray[np.int64]]],
) -> Linear:
    """Fit every head; of `PENALTIES` keep the one of least log loss on the validation part.

    `labels` are column numbers below `sizes[head]`, -1 where unknown; `weights` count each row.
    """
    if _is_wide(features):
        span = _Span(features)
        inside = fit_linear(
            span.root, labels, weights, sizes, (span.project(validation[0]), validation[1])
        )
        return Linear(
            {head: (span.restore(found), bias) for head, (found, bias) in inside.parameters.items()}
        )
    model = LogisticRegression(max_iter=300, warm_start=True)
    return fit_best(
        model,
        PENALTIES,
        lambda scores, truth: -log_loss(scores, truth),
        features,
        labels,
        weights,
        sizes,
        validation,
    )


def fit_best(
    model: LogisticRegression | LinearSVC,
    penalties: Sequence[float],
    worth: Callable[[Floats, NDArray[np.int64]], float],
    features: Any,
    labels: Mapping[str, NDArray[np.int64]],
    weights: Mapping[str, Floats],
    sizes: Mapping[str, int],
    validation: tuple[Any, Mapping[str, NDArray[np.int64]]],
) -> Linear:
    """Fit `model` for every head with each of `penalties` (scikit-learn's `C`), and keep the best.

    That is the one whose scores `(rows, labels)` on the validation part are of most `worth`, given
    the true columns. The rest is as in `fit_linear`.
    """
    parameters = {}
    for head, codes in labels.items():
        rows, known = codes >= 0, validation[1][head] >= 0
        held, truth = validation[0][known], validation[1][head][known]
        fits = _fits(
            model, penalties, features[rows], codes[rows], weights[head][rows], sizes[head]
        )
        # The products are too small to share: threads would only wait for each other.
        with threadpool_limits(1):
            tried = [(worth(np.asarray(held @ fit[0]) + fit[1], truth), fit) for fit in fits]
        parameters[head] = max(tried, key=lambda pair: pair[0])[1]
    return Linear(parameters)


def _is_wide(features: Any) -> bool:
    """Whether a step of L-BFGS costs less on as many columns as there are rows.

    For each label it takes, as measured, 2 ns for every number of a sparse matrix, 0.7 ns for one
    of a dense one, and 120 ns for every weight.
    """
    rows, columns = features.shape
    if not sparse.issparse(features):
        return False
    return bool(rows * rows < 3 * features.nnz + 170 * (columns - rows))


class _Span:
    """Rows written in as many numbers as there are rows, with the same products between them.

    The weights of a regression with an L2 penalty are a sum of its rows (the representer theorem,
    Schölkopf et al. 2001), and L-BFGS takes the same steps on either form.
    """

    def __init__(self, features: sparse.csr_matrix) -> None:
        self.features = features
        self.full = features.getnnz(axis=0) > features.shape[0] / 2
        products = self._products(features)
        # Equal rows have no root without a little of their own.
        products[np.diag_indices_from(products)] += 1e-8 * np.mean(np.diag(products))
        self.root: Floats = cholesky(products, lower=True)

    def project(self, features: sparse.csr_matrix) -> Floats:
        """Other rows in the same form."""
        return np.asarray(solve_triangular(self.root, self._products(features), lower=True).T)

    def restore(self, weights: Floats) -> Floats:
        """Weights `(rows, labels)` as weights of the features."""
        shares = solve_triangular(self.root, weights, lower=True, trans="T")
        return np.asarray(self.features.T @ shares)

    def _products(self, others: sparse.csr_matrix) -> Floats:
        """Every product of a row here with one of `others`, shape `(rows, others)`."""
        sparse_product = self.features[:, ~self.full] @ others[:, ~self.full].T
        # Columns without zeros, such as vectors, took five times as long as all words together.
        left, right = (rows[:, self.full].toarray() for rows in (self.features, others))
        return np.asarray(sparse_product.toarray() + left @ right.T)


def _fits(
    model: LogisticRegression | LinearSVC,
    penalties: Sequence[float],
    features: Any,
    codes: NDArray[np.int64],
    weights: Floats,
    size: int,
) -> Iterator[tuple[Floats, Floats]]:
    """Weights and bias for each of `penalties`; a model with a warm start goes on from the last."""
    present, model = np.unique(codes), clone(model)
    for penalty in penalties:
        coefficients = np.zeros((size, features.shape[1]))
        # Labels the rows never show get a very low score, not an equal share.
        bias = np.full(size, -20.0)
        if len(present) < 2:
            bias[present] = 0.0
        else:
            model.set_params(C=penalty).fit(features, codes, sample_weight=weights)
            coefficients[present], bias[present] = _per_label(model)
        yield coefficients.T, bias


def _per_label(model: LogisticRegression | LinearSVC) -> tuple[Floats, Floats]:
    """One row per class; scikit-learn keeps a single one for two classes."""
    if len(model.classes_) > 2:
        return model.coef_, model.intercept_
    sides = np.array([-0.5, 0.5])
    return sides[:, None] * model.coef_[0], sides * model.intercept_[0]
