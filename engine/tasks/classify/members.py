"""Classifiers without tuning: words, frozen vectors or both under a logistic regression."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from engine.labelling.labelled_texts import Examples
from engine.models.encoder import Encoder
from engine.models.linear import Linear, Tfidf, fit_linear
from engine.models.svm import fit_svm
from engine.models.trunk import Trunk
from engine.models.vector_cache import VectorCache

Floats = NDArray[np.float64]
MOST_KEPT = 50_000
# Of the states of texts, which take a hundred times as much as their vectors.
MOST_BYTES = 2**30
# How long a vector may be beside words of length 1 while both are fitted: the penalty spares what
# is long, so that a long vector drowns the words, and a short one is silenced.
SCALES = (0.5, 1.0, 2.0)
FILE = "regression.safetensors"


class TextVectors:
    """An encoder that remembers the vectors of the texts it has seen.

    `fitted` keeps the linear members that were last fitted, by what they were fitted to: a training
    asks for them twice, as baselines and for its blends.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.fitted: LRUCache[str, dict[str, LinearMember]] = LRUCache(1)
        self._cache = VectorCache(encoder.encode, MOST_KEPT)
        self._states: dict[int, LRUCache[str, Tensor]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors `(texts, dimension)` of texts."""
        return self._cache.of(texts)

    def trunk(self, depth: int) -> Trunk:
        """The encoder's first `depth` layers, with the states of what `read` was given."""
        known = self._states.setdefault(depth, LRUCache(MOST_BYTES, lambda states: states.nbytes))
        return Trunk(self.encoder, depth, known)

    def read(self, texts: Sequence[str], depth: int) -> None:
        """Read texts once for two uses: for their vectors, and for the states of `trunk(depth)`."""
        trunk = self.trunk(depth)
        # The embeddings alone are found at once.
        missing = [text for text in dict.fromkeys(texts) if depth and text not in trunk.known]
        for batch, states, vectors in trunk.read(missing):
            self._cache.keep(batch, vectors.numpy())
            self._states[depth].update(zip(batch, states, strict=True))


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

    @classmethod
    def fit(
        cls,
        train: Examples,
        validation: Examples,
        sizes: Mapping[str, int],
        tfidf: Tfidf | None = None,
        vectors: TextVectors | None = None,
    ) -> Self:
        """Fit on `train`; `validation` chooses the penalty and the vectors' scale of every head.

        `sizes` are label counts by head.
        """
        rows, held = (_features(part.texts, tfidf, vectors) for part in (train, validation))
        # Alone, a scale is only another penalty.
        scales = SCALES if tfidf and vectors else SCALES[-1:]
        is_word = np.arange(rows.shape[1]) < (tfidf.size if tfidf else 0)
        fits = []
        for scale in scales:
            lengths = np.where(is_word, 1.0, scale)
            scaled = sparse.diags_array(lengths)
            inside = fit_linear(
                rows @ scaled,
                train.labels,
                train.weights,
                sizes,
                (held @ scaled, validation.labels),
            )
            fits.append(inside.stretched(lengths))
        losses = [fit.losses(held, validation.labels) for fit in fits]
        best = {head: fits[int(np.argmin([loss[head] for loss in losses]))] for head in losses[0]}
        parameters = {head: fit.parameters[head] for head, fit in best.items()}
        return cls(Linear(parameters), tfidf, vectors)

    def scores(self, texts: Sequence[str]) -> dict[str, Floats]:
        """The log-probabilities `(texts, labels)` of every head."""
        return self.linear.scores(_features(texts, self.tfidf, self.vectors))

    def save(self, folder: Path) -> None:
        """Write what was learned into `folder`; the encoder is named elsewhere."""
        folder.mkdir(parents=True, exist_ok=True)
        self.linear.save(folder / FILE)
        if self.tfidf:
            self.tfidf.save(folder)

    @classmethod
    def load(cls, folder: Path, vectors: TextVectors | None = None) -> Self:
        """What `save` wrote."""
        words = Tfidf.load(folder) if (folder / "tfidf.json").is_file() else None
        return cls(Linear.load(folder / FILE), words, vectors)


def _features(texts: Sequence[str], tfidf: Tfidf | None, vectors: TextVectors | None) -> Any:
    if vectors is None:
        assert tfidf is not None  # noqa: S101 - a member has words, vectors or both
        return tfidf.transform(texts)
    dense = vectors(texts).astype(float)
    if tfidf is None:
        return dense
    return sparse.hstack([tfidf.transform(texts), sparse.csr_matrix(dense)], format="csr")


def linear_members(
    train: Examples,
    validation: Examples,
    sizes: Mapping[str, int],
    vectors: TextVectors,
    *,
    svm: bool = False,
) -> dict[str, LinearMember]:
    """Regressions on words, on `vectors` and on both: `tfidf`, `frozen` and `frozen_tfidf`.

    With `svm` there is a support vector machine on words and runs of characters as well.
    """
    fitted_to = _fingerprint(train, validation, svm)
    if fitted_to in vectors.fitted:
        return vectors.fitted[fitted_to]
    terms = Tfidf.fit(train.texts)
    uses = {"tfidf": (terms, None), "frozen": (None, vectors), "frozen_tfidf": (terms, vectors)}
    members = {
        name: LinearMember.fit(train, validation, sizes, *used) for name, used in uses.items()
    }
    if svm:
        rows, held = (terms.transform(part.texts) for part in (train, validation))
        machine = fit_svm(rows, train.labels, train.weights, sizes, (held, validation.labels))
        members["svm"] = LinearMember(machine, terms)
    vectors.fitted[fitted_to] = members
    return members


def _fingerprint(train: Examples, validation: Examples, svm: bool) -> str:
    """A hash of all that linear members are fitted to."""
    digest = hashlib.blake2b(str(svm).encode(), digest_size=16)
    for part in (train, validation):
        digest.update(json.dumps([list(part.texts), list(part.labels)]).encode())
        for values in (*part.labels.values(), *part.weights.values()):
            digest.update(values.tobytes())
    return digest.hexdigest()


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
