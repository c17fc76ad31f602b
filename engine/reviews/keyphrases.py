"""The words that set some texts apart from others: what people praise, blame, or newly speak of."""

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
# How many imagined phrases each side starts with, spread as in both together.
PRIOR = 10.0
CLEAR = 1.96
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z][a-z'-]+[a-z]")
# Nouns, verbs and adjectives: jieba takes many a noun of the trade (快递, 包装) for a verb.
_CONTENT = ("n", "v", "a")


def phrases(text: str) -> list[str]:
    """What may stand as a phrase: English words and neighbouring pairs, Chinese content words."""
    plain = normalise(text)
    if _CHINESE.search(plain):
        return [
            word
            for word, kind in tag(plain)
            if kind.startswith(_CONTENT) and len(word) > 1 and word not in STOPWORDS
        ]
    found = []
    for sentence in re.split(r"[^a-z' -]+", plain):
        words = _WORD.findall(sentence)
        kept = [word not in STOPWORDS for word in words]
        found += [word for word, keep in zip(words, kept, strict=True) if keep]
        pairs = zip(pairwise(words), pairwise(kept), strict=True)
        found += [" ".join(pair) for pair, keep in pairs if all(keep)]
    return [phrase for phrase in found if len(phrase) <= LONGEST]


def keyphrases(
    texts: Iterable[str], others: Iterable[str], most: int = 12, fewest: int = 3
) -> pd.DataFrame:
    """The phrases that `texts` use more than `others`: columns `phrase`, `count`, `weight`.

    `weight` is how many standard errors the log-odds of a phrase lie above those in the others,
    with both counts drawn towards their common share (informative Dirichlet prior: Monroe, Colaresi
    and Quinn 2008, equations 16 to 22). Phrases in fewer than `fewest` of the texts, or less than
    `CLEAR` above, are left out: words that everybody uses say nothing here.
    """
    here, there = _counts(texts), _counts(others)
    sizes = here.total(), there.total()
    rows = []
    for phrase, n in here.items():
        prior = PRIOR * (n + there[phrase]) / sum(sizes)
        odds, variance = 0.0, 0.0
        for sign, found, size in ((1, n, sizes[0]), (-1, there[phrase], sizes[1])):
            count = found + prior
            odds += sign * np.log(count / max(size + PRIOR - count, 1e-9))
            variance += 1 / count
        if n >= fewest and odds / np.sqrt(variance) >= CLEAR:
            rows.append((phrase, n, odds / np.sqrt(variance)))
    frame = pd.DataFrame(rows, columns=["phrase", "count", "weight"])
    return frame.sort_values(["weight", "phrase"], ascending=[False, True]).head(most)


def new_terms(texts: Sequence[str], aspects: Aspects, most: int = 20) -> pd.DataFrame:
    """Frequent phrases that no aspect names yet and that say nothing good or bad by themselves.

    Columns `phrase`, `count` (texts that hold it): what a shop's own aspects may be made of.
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
    """In how many texts each phrase stands."""
    return Counter(phrase for text in texts for phrase in set(phrases(text)))
