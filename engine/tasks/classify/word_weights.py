"""Which words speak for a label in a logistic regression on TF-IDF words."""

from collections import Counter

import numpy as np

from engine.models.attribution import word_spans
from engine.models.linear import grams
from engine.tasks.classify.members import LinearMember


def weigh_words(member: LinearMember, text: str, head: str, label: int) -> list[tuple[str, float]]:
    """The words of a text in reading order, each with its signed share in the score of `label`.

    A feature counts by its TF-IDF weight times how far its coefficient lies above the labels' mean,
    parted evenly among the words that hold it; absolute shares add up to 1 (all 0 where no feature
    is known). `member` has words; what vectors add to its score belongs to no word.
    """
    words = [text[start:end] for start, end in word_spans(text)]
    assert member.tfidf is not None  # noqa: S101 - said above
    vocabulary = member.tfidf.vectorizer.vocabulary_
    row = member.tfidf.transform([text])
    weights, _ = member.linear.parameters[head]
    pull = weights[row.indices, label] - weights[row.indices].mean(axis=1)
    scores = dict(zip(row.indices.tolist(), (row.data * pull).tolist(), strict=True))
    holds = [
        {vocabulary[gram] for gram in set(grams(word)) if gram in vocabulary} for word in words
    ]
    shared = Counter(feature for features in holds for feature in features)
    parts = np.array(
        [sum(scores.get(feature, 0.0) / shared[feature] for feature in held) for held in holds]
    )
    total = np.abs(parts).sum() or 1.0
    return [(word, float(part / total)) for word, part in zip(words, parts, strict=True)]
