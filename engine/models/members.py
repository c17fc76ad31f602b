"""Classifiers without tuning: words, frozen vectors or both under a logistic regression."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.data.examples import Examples
from engine.models.calibration import log_loss
from engine.models.encoder import Encoder
from engine.models.linear import Linear, Tfidf, fit_linear
from engine.storage.files import write_json

Floats = NDArray[np.float64]
MOST_KEPT = 50_000
# How long a vector is beside the TF-IDF weights of length 1, or the penalty would silence it. The
# validation part chooses among several; texts full of names want short ones.
SCALES = (4.0,)


class TextVectors:
    """An encoder that remembers the vectors of the texts it has seen."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors `(texts, dimension)` of texts."""
        if len(self._known) > MOST_KEPT:
            self._known.clear()
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self.encoder.encode(new, kind="query"), strict=True))
        return np.stack([self._known[text] for text in texts])


class Member(Protocol):
    """Something that gives every text a probability of every label."""

    def scores(self, texts: Sequence[str]) -> dict[str, Floats]:
        """The log-probabilities `(texts, labels)` of every head."""

    def save(self, folder: Path) -> None:
        """Write what was learned into `folder`."""


@dataclass(frozen=True)
class LinearMember:
    """A logistic regression on TF-IDF words (`tfidf`), on frozen `vectors`, or on both."""

    linear: Linear
    tfidf: Tfidf | None = None
    vectors: TextVectors | None = None
    scale: float = SCALES[0]

    @classmethod
    def fit(
        cls,
        train: Examples,
        validation: Examples,
        sizes: Mapping[str, int],
        tfidf: Tfidf | None = None,
        vectors: TextVectors | None = None,
        scale: float = SCALES[0],
    ) -> Self:
        """Fit on `train`, the penalty chosen on `validation`; `sizes` are label counts by head."""
        held = (_features(validation.texts, tfidf, vectors, scale), validation.labels)
        features = _features(train.texts, tfidf, vectors, scale)
        linear = fit_linear(features, train.labels, train.weights, sizes, held)
        return cls(linear, tfidf, vectors, scale)

    def loss(self, examples: Examples) -> float:
        """The mean log loss over heads."""
        scores = self.scores(examples.texts)
        known = {head: codes >= 0 for head, codes in examples.labels.items()}
        return float(
            np.mean(
                [
                    log_loss(scores[head][rows], examples.labels[head][rows])
                    for head, rows in known.items()
                ]
            )
        )

    def scores(self, texts: Sequence[str]) -> dict[str, Floats]:
        """The log-probabilities `(texts, labels)` of every head."""
        return self.linear.scores(_features(texts, self.tfidf, self.vectors, self.scale))

    def save(self, folder: Path) -> None:
        """Write what was learned into `folder`; the encoder is named elsewhere."""
        folder.mkdir(parents=True, exist_ok=True)
        self.linear.save(folder / "linear.safetensors")
        write_json(folder / "member.json", {"scale": self.scale})
        if self.tfidf:
            self.tfidf.save(folder)

    @classmethod
    def load(cls, folder: Path, vectors: TextVectors | None = None) -> Self:
        """What `save` wrote."""
        words = Tfidf.load(folder) if (folder / "tfidf.json").is_file() else None
        about = json.loads((folder / "member.json").read_text(encoding="utf-8"))
        return cls(Linear.load(folder / "linear.safetensors"), words, vectors, about["scale"])


def _features(
    texts: Sequence[str], tfidf: Tfidf | None, vectors: TextVectors | None, scale: float
) -> Any:
    if vectors is None:
        assert tfidf is not None  # noqa: S101 - a member has words, vectors or both
        return tfidf.transform(texts)
    dense = scale * vectors(texts).astype(float)
    if tfidf is None:
        return dense
    return sparse.hstack([tfidf.transform(texts), sparse.csr_matrix(dense)], format="csr")


def linear_members(
    train: Examples,
    validation: Examples,
    sizes: Mapping[str, int],
    vectors: TextVectors,
    names: Sequence[str],
    scales: Sequence[float] = SCALES,
) -> dict[str, LinearMember]:
    """The members called `names`, of `tfidf`, `frozen` and `frozen_tfidf`, fitted.

    `scales` are the lengths of a vector beside words that are tried.
    """
    terms = Tfidf.fit(train.texts)
    uses = {"tfidf": (terms, None), "frozen": (None, vectors), "frozen_tfidf": (terms, vectors)}
    found = {}
    for name in names:
        if name in uses:
            # Alone, a scale is only another penalty.
            tried = scales if name == "frozen_tfidf" else scales[:1]
            fits = [LinearMember.fit(train, validation, sizes, *uses[name], s) for s in tried]
            found[name] = min(fits, key=lambda fit: fit.loss(validation)) if fits[1:] else fits[0]
    return found


def majority(
    train: Examples, sizes: Mapping[str, int], rows: int
) -> dict[str, NDArray[np.float64]]:
    """The training labels' weighted shares by head, the same for each of `rows` rows."""
    found = {}
    for head, size in sizes.items():
        known = train.labels[head] >= 0
        counts = np.bincount(train.labels[head][known], train.weights[head][known], size)
        found[head] = np.tile(counts / max(counts.sum(), 1e-9), (rows, 1))
    return found
