"""Logistic regression on words, on frozen vectors or on both, saved without pickle."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from engine.models.calibration import log_loss, log_softmax
from engine.text.words import normalise, words

Floats = NDArray[np.float64]
# Inverse strengths of the L2 penalty that are tried; the validation part chooses.
PENALTIES = (0.5, 2.0, 8.0, 32.0)
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
    penalties: Sequence[float] = PENALTIES,
) -> Linear:
    """Fit every head; of `penalties` keep the one of least log loss on the validation part.

    `labels` are column numbers below `sizes[head]`, -1 where unknown; `weights` count each row.
    """
    parameters = {}
    for head, codes in labels.items():
        rows = codes >= 0
        held, truth = validation[0], validation[1][head]
        known = truth >= 0
        tried = []
        for penalty in penalties:
            found = _fit(features[rows], codes[rows], weights[head][rows], sizes[head], penalty)
            scores = np.asarray(held[known] @ found[0]) + found[1]
            tried.append((log_loss(scores, truth[known]) if known.any() else 0.0, found))
        parameters[head] = min(tried, key=lambda pair: pair[0])[1]
    return Linear(parameters)


def _fit(
    features: Any, codes: NDArray[np.int64], weights: Floats, size: int, penalty: float
) -> tuple[Floats, Floats]:
    present = np.unique(codes)
    coefficients = np.zeros((size, features.shape[1]))
    # Labels the rows never show get a very low score, not an equal share.
    bias = np.full(size, -20.0)
    if len(present) < 2:
        bias[present] = 0.0
        return coefficients.T, bias
    model = LogisticRegression(C=penalty, max_iter=300)
    model.fit(features, codes, sample_weight=weights)
    if len(present) == 2:
        coefficients[present] = np.vstack([-model.coef_[0], model.coef_[0]]) / 2
        bias[present] = np.array([-model.intercept_[0], model.intercept_[0]]) / 2
    else:
        coefficients[present], bias[present] = model.coef_, model.intercept_
    return coefficients.T, bias
