"""Sentiment by counting words: what no model has to learn, and what every model has to beat."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import Stemmer
from numpy.typing import NDArray

from engine.text.words import normalise

# Words (of Chinese: characters) that a negating word reaches over.
REACH = 3
# What a word weighs against the shares of the sentiments, which only break ties.
WORD, SHARE = 1.0, 0.01
# What speaks for neutral when praise and blame are even: less than one word.
EVEN = 0.5
_CLAUSE = re.compile(
    r"[.,;:!?。，；：！？、…\n]|\b(?:but|although|though|however)\b|但|却|不过|可是"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Lexicon:
    """Words by their sign (+1 praise, -1 blame), words that negate, and what finds both."""

    signs: dict[str, int]
    negators: frozenset[str]
    pattern: re.Pattern[str]


@cache
def lexicon() -> Lexicon:
    """The words of `sentiment_words.toml`."""
    known = _read()
    signs = {
        _stem(word): sign
        for name, sign in (("positive", 1), ("negative", -1))
        for word in known[name]
    }
    negators = frozenset(_stem(word) for word in known["negators"])
    chinese = [word for word in {*signs, *negators} if _CHINESE.search(word)]
    several = [word for word in {*signs, *negators} if " " in word]
    listed = [re.escape(word) for word in sorted(chinese, key=len, reverse=True)]
    english = [rf"\b{re.escape(word)}\b" for word in several] + [r"[a-z]+", r"[\u3400-\u9fff]"]
    return Lexicon(signs, negators, re.compile("|".join(listed + english)))


def score_words(text: str) -> int:
    """Words of praise minus words of blame; a negated word counts for the other side."""
    known, total = lexicon(), 0
    for clause in _CLAUSE.split(re.sub(r"['’]", "", normalise(text))):
        negated = -REACH - 1
        for place, token in enumerate(known.pattern.findall(clause)):
            word = _stem(token)
            if sign := known.signs.get(word):
                total += -sign if place - negated <= REACH else sign
            if word in known.negators:
                negated = place
    return total


def lexicon_probabilities(
    texts: Iterable[str], labels: Sequence[str], shares: Sequence[float]
) -> NDArray[np.float64]:
    """Probabilities `(texts, labels)`: softmax of the score, its negative, and even for neutral.

    `shares` are the labels' shares among the training examples: they decide where words do not.
    """
    scores = np.array([score_words(text) for text in texts], dtype=float)
    for_label = {"positive": scores, "negative": -scores, "neutral": np.full_like(scores, EVEN)}
    logits = np.stack([WORD * for_label[label] for label in labels], axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True)) + SHARE * np.asarray(shares)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def descriptions(labels: Sequence[str]) -> list[list[str]]:
    """Per sentiment what people write when they feel so, in both languages."""
    return [list(_read()["descriptions"][label]) for label in labels]


@cache
def _read() -> dict[str, dict[str, list[str]]]:
    file = Path(__file__).with_name("sentiment_words.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _stem(word: str) -> str:
    return word if _CHINESE.search(word) or " " in word else str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")
