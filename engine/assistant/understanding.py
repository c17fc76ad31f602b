"""What a message wants, learned from example messages, with a calibrated confidence."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV

from engine.models.vector_cache import VectorCache
from engine.text.words import normalise, words

# What stands for a product by its name, and for a kind of product, in each language.
PRODUCT = {"en": "this product", "zh": "这款商品"}
KIND = {"en": "products", "zh": "商品"}
# Strengths that cross-validation chooses from, by log loss: probabilities mean what they say.
STRENGTHS = (3.0, 10.0, 30.0, 100.0, 300.0)
FOLDS = 4
# Words beside meaning: vectors have length 1.
WORDS = 0.7
# How much likelier a clear sign makes a kind.
SIGNAL = 4.0
_CHINESE = re.compile(r"[\u3400-\u9fff]")


class Understanding:
    """Logistic regression on a message's vector and words."""

    def __init__(self, language: str, vectors: VectorCache) -> None:
        self.language = language
        self.vectors = vectors
        texts, _ = examples(language)
        self.words, self.model = _learn(language, vectors.of(texts).tobytes())

    def kinds(self, message: str) -> dict[str, float]:
        """The probability of each kind for a message with its names masked, the likeliest first.

        Words that are a clear sign of a kind count beside what was learned.
        """
        features = _joined(self.vectors.of([message]), self.words.transform([message]))
        (row,) = self.model.predict_proba(features)
        signs = [
            cue_pattern("signal", kind, self.language).search(message) is not None
            for kind in self.model.classes_
        ]
        row = row * np.where(signs, SIGNAL, 1.0)
        row /= row.sum()
        order = np.argsort(-row)
        return {str(self.model.classes_[place]): float(row[place]) for place in order}


@lru_cache(maxsize=4)
def _learn(language: str, vectors: bytes) -> tuple[TfidfVectorizer, LogisticRegressionCV]:
    """What weighs words, and the regression, for all shops whose encoder is the same.

    `vectors` are those of the example messages, 32-bit numbers, one message after the other.
    """
    texts, kinds = examples(language)
    counter = TfidfVectorizer(analyzer=_terms, sublinear_tf=True)
    counted = counter.fit_transform(texts)
    model = LogisticRegressionCV(
        Cs=list(STRENGTHS),
        cv=FOLDS,
        scoring="neg_log_loss",
        max_iter=500,
        l1_ratios=(0.0,),
        use_legacy_attributes=False,
    )
    rows = np.frombuffer(vectors, dtype=np.float32).reshape(len(texts), -1)
    model.fit(_joined(rows, counted), kinds)
    return counter, model


def examples(language: str) -> tuple[list[str], list[str]]:
    """The example messages of a language, and the kind of each."""
    masks = {"product": PRODUCT[language], "kind": KIND[language]}
    listed = [
        (normalise(text.format(**masks)), kind)
        for kind, texts in _read(f"messages_{language}").items()
        for text in texts
    ]
    return [text for text, _ in listed], [kind for _, kind in listed]


def language_of(text: str, default: str) -> str:
    """The language that a message is written in; `default` for one without words."""
    if _CHINESE.search(text):
        return "zh"
    return "en" if re.search(r"[A-Za-z]{2}", text) else default


def cues(name: str, language: str) -> Mapping[str, Any]:
    """One table of `words/cues.toml`, in one language."""
    return {key: both[language] for key, both in _read("cues")[name].items()}


@cache
def cue_pattern(name: str, key: str, language: str) -> re.Pattern[str]:
    """What finds the words of one entry of a table of cues; English ones as whole words."""
    return pattern_of(tuple(cues(name, language)[key]))


@cache
def pattern_of(listed: tuple[str, ...]) -> re.Pattern[str]:
    """What finds any of the words, which may be regular expressions; Latin ones as whole words."""
    either = (rf"\b(?:{word})\b" if word[:1].isascii() else word for word in listed)
    return re.compile("|".join(either) or r"(?!)", re.IGNORECASE)


@cache
def _read(name: str) -> dict[str, Any]:
    path = Path(__file__).parent / "words" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _terms(text: str) -> list[str]:
    """Words and pairs of words."""
    listed = words(text)
    return [*listed, *(" ".join(pair) for pair in pairwise(listed))]


def _joined(vectors: NDArray[np.float32], counted: Any) -> Any:
    return sparse.hstack([sparse.csr_matrix(vectors), WORDS * counted]).tocsr()
