"""Keyphrases: the words that distinguish some texts from others."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from engine.reviews.aspects import Aspects
from engine.reviews.sentiment_lexicon import lexicon
from engine.text.words import STOPWORDS, normalise, tag

LONGEST = 30
# Pseudo-phrases that each side starts with, distributed as in both sides together.
PRIOR = 10.0
CLEAR = 1.96
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z][a-z'-]+[a-z]")
# Nouns, verbs and adjectives; jieba tags many nouns of the trade (快递, 包装) as verbs.
_CONTENT = ("n", "v", "a")


def phrases(text: str) -> list[str]:
    """The candidate phrases: English words and pairs of words, Chinese content words."""
    plain = normalise(text)
    if _CHINESE.search(plain):
        return [
            word
            for word, kind in tag(plain)
            if kind.startswith(_CONTENT) and len(word) > 1 and word not in STOPWORDS
        ]
    candidates = []
    for sentence in re.split(r"[^a-z' -]+", plain):
        words = _WORD.findall(sentence)
        has_content = [word not in STOPWORDS for word in words]
        candidates += [word for word, keep in zip(words, has_content, strict=True) if keep]
        pairs = zip(pairwise(words), pairwise(has_content), strict=True)
        candidates += [" ".join(pair) for pair, keep in pairs if all(keep)]
    return [phrase for phrase in candidates if len(phrase) <= LONGEST]


def keyphrases(
    texts: Iterable[str], others: Iterable[str], most: int = 12, fewest: int = 3
) -> pd.DataFrame:
    """The phrases that `texts` use more than `others`: columns `phrase`, `count`, `weight`.

    `weight` is how many standard errors the log-odds of a phrase are above those in the others,
    with an informative Dirichlet prior that shrinks both to their common share (Monroe, Colaresi
    and Quinn 2008, equations 16 to 22). Phrases in fewer than `fewest` texts or with a weight below
    `CLEAR` are left out.
    """
    counts, other_counts = _counts(texts), _counts(others)
    sizes = counts.total(), other_counts.total()
    rows = []
    for phrase, n in counts.items():
        prior = PRIOR * (n + other_counts[phrase]) / sum(sizes)
        odds, variance = 0.0, 0.0
        for sign, observed, size in ((1, n, sizes[0]), (-1, other_counts[phrase], sizes[1])):
            count = observed + prior
            odds += sign * np.log(count / max(size + PRIOR - count, 1e-9))
            variance += 1 / count
        if n >= fewest and odds / np.sqrt(variance) >= CLEAR:
            rows.append((phrase, n, odds / np.sqrt(variance)))
    frame = pd.DataFrame(rows, columns=["phrase", "count", "weight"])
    return frame.sort_values(["weight", "phrase"], ascending=[False, True]).head(most)


def new_terms(texts: Sequence[str], aspects: Aspects, most: int = 20) -> pd.DataFrame:
    """Frequent phrases that belong to no aspect yet and express no sentiment.

    Columns `phrase` and `count` (texts with it). They suggest aspects of the shop's own.
    """
    signs = lexicon().signs
    counts = _counts(texts)
    fewest = max(3, len(texts) // 500)
    rows = [
        (phrase, n)
        for phrase, n in counts.most_common()
        if n >= fewest and phrase not in signs and not aspects.find(phrase)
    ]
    return pd.DataFrame(rows[:most], columns=["phrase", "count"])


def _counts(texts: Iterable[str]) -> Counter[str]:
    """In how many texts each phrase occurs."""
    return Counter(phrase for text in texts for phrase in set(phrases(text)))
