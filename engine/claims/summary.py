"""What reviews of a product agree on: the sentences that a grounded summary can use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer

from engine.claims.facts import Fact, review_facts
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, words

Polarity = Literal["praise", "complaint"]
POLARITIES: tuple[Polarity, ...] = get_args(Polarity)

# Reviews with these stars praise or complain throughout; the others do both.
PRAISES_FROM = 4
COMPLAINS_TO = 2
# Sentences say the same if they share this many content words and this share of the shorter's.
SHARED = 2
SIMILAR = 0.6
# Sentences with fewer content words say too little, with more too many things.
FEWEST_WORDS, MOST_WORDS = 1, 30
# The latest reviews of each polarity that are compared.
MOST_REVIEWS = 500


@dataclass(frozen=True)
class Opinion:
    """A sentence of a review, and the number of reviews that say the same (itself included)."""

    fact: Fact
    polarity: Polarity
    reviews: int


def opinions(tables: Tables, product_id: str, most: int = 3) -> list[Opinion]:
    """Up to `most` praises and as many complaints of a product, the most shared first.

    A sentence counts for all reviews of its polarity that say the same. No two chosen sentences say
    the same, and none is chosen that more reviews of the other polarity share. Reviews with
    middling stars are left out, because their sentences may be either.
    """
    reviews = tables.reviews[tables.reviews["product_id"] == product_id]
    polarity = _polarity(reviews)
    sentences = [
        (fact, kind)
        for kind in POLARITIES
        for fact in review_facts(reviews[polarity == kind].tail(MOST_REVIEWS))
        if FEWEST_WORDS <= len(_content_words(fact.value)) <= MOST_WORDS
    ]
    if not sentences:
        return []
    similar = _similar([fact.value for fact, _ in sentences])
    kinds = np.array([kind for _, kind in sentences])
    shared = {kind: _count_reviews(sentences, similar & (kinds == kind)) for kind in POLARITIES}
    chosen = []
    for kind in POLARITIES:
        free = (kinds == kind) & (shared[kind] >= np.max(list(shared.values()), axis=0))
        for _ in range(most):
            if not free.any():
                break
            best = int(np.argmax(np.where(free, shared[kind], 0)))
            chosen.append(Opinion(sentences[best][0], kind, int(shared[kind][best])))
            free &= ~similar[best]
    return chosen


def _similar(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts say the same, by the words they share, shape (texts, texts)."""
    vectorizer = CountVectorizer(analyzer=_content_words, binary=True, dtype=np.int32)
    counts = vectorizer.fit_transform(texts)
    both = (counts @ counts.T).toarray()
    sizes = both.diagonal()
    similar = (both >= SHARED) & (both >= SIMILAR * np.minimum.outer(sizes, sizes))
    equal: NDArray[np.bool_] = similar | np.eye(len(texts), dtype=bool)
    return equal


def _content_words(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOPWORDS]


def _polarity(reviews: pd.DataFrame) -> pd.Series:
    """Each review's polarity by its sentiment or, without one, by its stars; else ""."""
    stars = pd.to_numeric(reviews["rating"], errors="coerce")
    labelled = reviews["sentiment"].notna()
    praise = (reviews["sentiment"] == "positive") | (~labelled & (stars >= PRAISES_FROM))
    complaint = (reviews["sentiment"] == "negative") | (~labelled & (stars <= COMPLAINS_TO))
    kinds = np.select([praise, complaint], POLARITIES, default="")
    return pd.Series(kinds, index=reviews.index)


def _count_reviews(
    sentences: Sequence[tuple[Fact, Polarity]], similar: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """For each sentence, how many reviews have a `similar` one."""
    _, review = np.unique([fact.source for fact, _ in sentences], return_inverse=True)
    in_review = np.zeros((len(sentences), review.max() + 1), dtype=bool)
    in_review[np.arange(len(sentences)), review] = True
    similar_in_review = similar.astype(np.int32) @ in_review.astype(np.int32)
    counts: NDArray[np.int64] = (similar_in_review > 0).sum(axis=1)
    return counts
