"""Sentiment by counting words: the baseline that every model has to beat."""

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

# How many words (in Chinese, characters) a negation reaches.
REACH = 3
# The weights of a word and of the sentiments' shares, which only break ties.
WORD, SHARE = 1.0, 0.01
# The score of neutral, so that it wins when praise and blame are even.
EVEN = 0.5
_CLAUSE = re.compile(
    r"[.,;:!?。，；：！？、…\n]|\b(?:but|although|though|however)\b|但|却|不过|可是"
)
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class SentimentLexicon:
    """Words by sign (+1 praise, -1 blame), words that negate, and a pattern that finds both."""

    signs: dict[str, int]
    negators: frozenset[str]
    pattern: re.Pattern[str]


@cache
def lexicon() -> SentimentLexicon:
    """The words of `sentiment_words.toml`."""
    word_lists = _read()
    signs = {
        _stem(word): sign
        for name, sign in (("positive", 1), ("negative", -1))
        for word in word_lists[name]
    }
    negators = frozenset(_stem(word) for word in word_lists["negators"])
    chinese = [word for word in {*signs, *negators} if _CHINESE.search(word)]
    several = [word for word in {*signs, *negators} if " " in word]
    listed = [re.escape(word) for word in sorted(chinese, key=len, reverse=True)]
    english = [rf"\b{re.escape(word)}\b" for word in several] + [r"[a-z]+", r"[\u3400-\u9fff]"]
    return SentimentLexicon(signs, negators, re.compile("|".join(listed + english)))


def score_words(text: str) -> int:
    """Words of praise minus words of blame; a negated word counts for the other side."""
    listed, total = lexicon(), 0
    for clause in _CLAUSE.split(re.sub(r"['’]", "", normalise(text))):
        negated = -REACH - 1
        for place, token in enumerate(listed.pattern.findall(clause)):
            word = _stem(token)
            if sign := listed.signs.get(word):
                total += -sign if place - negated <= REACH else sign
            if word in listed.negators:
                negated = place
    return total


def lexicon_probabilities(
    texts: Iterable[str], labels: Sequence[str], shares: Sequence[float]
) -> NDArray[np.float64]:
    """Probabilities by word counts, shape (texts, labels).

    They are the softmax of the score for positive, its negative for negative, and a constant for
    neutral. `shares`, those of the labels among the training examples, break ties.
    """
    scores = np.array([score_words(text) for text in texts], dtype=float)
    for_label = {"positive": scores, "negative": -scores, "neutral": np.full_like(scores, EVEN)}
    logits = np.stack([WORD * for_label[label] for label in labels], axis=1)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True)) + SHARE * np.asarray(shares)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def descriptions(labels: Sequence[str]) -> list[list[str]]:
    """For each sentiment, what people write who feel like that, in both languages."""
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
