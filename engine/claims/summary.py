"""What reviews of a product agree on: the sentences that a grounded summary may rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from engine.claims.facts import Fact, spoken_facts
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, words

Polarity = Literal["praise", "complaint"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)

# Stars of a review that praises or complains throughout; the others do both.
PRAISES_FROM = 4
COMPLAINS_TO = 2
# Sentences say the same that share this many telling words and this share of the shorter one's.
SHARED = 2
ALIKE = 0.6
# Sentences of fewer telling words say too little, longer ones too many things.
FEWEST_WORDS, MOST_WORDS = 1, 30
# As many reviews of each polarity are compared, the last ones.
MOST_REVIEWS = 500


@dataclass(frozen=True)
class Opinion:
    """A review's sentence that stands for what `reviews` reviews say alike (itself included)."""

    fact: Fact
    polarity: Polarity
    reviews: int


def opinions(tables: Tables, product_id: str, most: int = 3) -> list[Opinion]:
    """Up to `most` praises and as many complaints of a product, the most shared first.

    A sentence counts for as many reviews of the same polarity as say alike; no two chosen ones are
    alike, nor is one chosen that the other polarity shares more. Reviews in the middle are left
    out, since their single sentences may be either.
    """
    reviews = tables.reviews[tables.reviews["product_id"] == product_id]
    polarity = _polarity(reviews)
    spoken = [
        (fact, kind)
        for kind in POLARITIES
        for fact in spoken_facts(reviews[polarity == kind].tail(MOST_REVIEWS))
        if FEWEST_WORDS <= len(_telling(fact.value)) <= MOST_WORDS
    ]
    if not spoken:
        return []
    alike = _alike([fact.value for fact, _ in spoken])
    kinds = np.array([kind for _, kind in spoken])
    shared = {kind: _reviews_alike(spoken, alike & (kinds == kind)) for kind in POLARITIES}
    found = []
    for kind in POLARITIES:
        free = (kinds == kind) & (shared[kind] >= np.max(list(shared.values()), axis=0))
        for _ in range(most):
            if not free.any():
                break
            best = int(np.argmax(np.where(free, shared[kind], 0)))
            found.append(Opinion(spoken[best][0], kind, int(shared[kind][best])))
            free &= ~alike[best]
    return found


def _alike(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts say the same: that share SHARED words, most of those of the shorter one."""
    counts = CountVectorizer(analyzer=_telling, binary=True, dtype=np.int32).fit_transform(texts)
    both = (counts @ counts.T).toarray()
    sizes = both.diagonal()
    alike = (both >= SHARED) & (both >= ALIKE * np.minimum.outer(sizes, sizes))
    return alike | np.eye(len(texts), dtype=bool)


def _telling(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOPWORDS]


def _polarity(reviews: pd.DataFrame) -> pd.Series:
    """Each review's polarity by its sentiment, where there is none by its stars; else ""."""
    stars = pd.to_numeric(reviews["rating"], errors="coerce")
    labelled = reviews["sentiment"].notna()
    praise = (reviews["sentiment"] == "positive") | (~labelled & (stars >= PRAISES_FROM))
    complaint = (reviews["sentiment"] == "negative") | (~labelled & (stars <= COMPLAINS_TO))
    kinds = np.select([praise, complaint], POLARITIES, default="")
    return pd.Series(kinds, index=reviews.index)


def _reviews_alike(
    spoken: Sequence[tuple[Fact, Polarity]], alike: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """For each sentence, how many reviews hold one that is `alike`."""
    _, review = np.unique([fact.source for fact, _ in spoken], return_inverse=True)
    holds = np.zeros((len(spoken), review.max() + 1), dtype=bool)
    holds[np.arange(len(spoken)), review] = True
    return (alike.astype(np.int32) @ holds.astype(np.int32) > 0).sum(axis=1)
