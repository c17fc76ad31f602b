"""More to learn from where labels are few: words swapped, and texts that a simple model labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.labelling.labelled_texts import Examples
from engine.models.attribution import word_spans
from engine.models.encoder import Encoder
from engine.text.words import STOPWORDS, normalise

# The words of the texts that may stand in for each other: the most frequent ones.
MOST_WORDS = 3_000
NEIGHBOURS = 3
# Below this cosine two words are no synonyms but strangers.
CLOSEST = 0.6
CHANGED = 0.15
CONFIDENT = 0.9
BACK_WEIGHT = 0.3


def synonyms(texts: Sequence[str], encoder: Encoder) -> dict[str, list[str]]:
    """Per word of `texts` its nearest ones among them, in the encoder's own space.

    Words are embedded by themselves; at most `NEIGHBOURS` others at a cosine of `CLOSEST` or more
    stand in for a word. Words without any are left out.
    """
    counts: dict[str, int] = {}
    for text in texts:
        for start, end in word_spans(text):
            word = normalise(text[start:end])
            if len(word) > 1 and word not in STOPWORDS and word.isalpha():
                counts[word] = counts.get(word, 0) + 1
    known = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    if len(known) < 2:
        return {}
    vectors = encoder.encode(known, kind="query")
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    nearest = np.argsort(-cosines, axis=1)[:, :NEIGHBOURS]
    found = {
        word: [known[other] for other in nearest[row] if cosines[row, other] >= CLOSEST]
        for row, word in enumerate(known)
    }
    return {word: others for word, others in found.items() if others}


def swap_words(
    text: str, near: Mapping[str, Sequence[str]], rng: np.random.Generator, share: float = CHANGED
) -> str:
    """`text` with about `share` of its words, at least one that has any, replaced by synonyms.

    Synonym replacement as in easy data augmentation (Wei and Zou 2019).
    """
    spans = [span for span in word_spans(text) if normalise(text[slice(*span)]) in near]
    if not spans:
        return text
    count = max(1, round(share * len(word_spans(text))))
    chosen = rng.choice(len(spans), size=min(count, len(spans)), replace=False)
    for place in sorted(chosen, reverse=True):
        start, end = spans[place]
        others = near[normalise(text[start:end])]
        text = text[:start] + others[int(rng.integers(len(others)))] + text[end:]
    return text


def with_synonyms(train: Examples, copies: int, encoder: Encoder, seed: int) -> Examples:
    """`train` and `copies` changed copies of each text, which share the text's weight evenly."""
    near = synonyms(train.texts, encoder)
    if not near:
        return train
    rng = np.random.default_rng(seed)
    texts = [swap_words(text, near, rng) for _ in range(copies) for text in train.texts]
    return Examples(
        [*train.texts, *texts],
        {head: np.tile(codes, copies + 1) for head, codes in train.labels.items()},
        {head: np.tile(weights, copies + 1) for head, weights in train.weights.items()},
    )


def with_back_labels(
    train: Examples, texts: Sequence[str], scores: Mapping[str, NDArray[np.float64]]
) -> Examples:
    """`train` and those of the unlabelled `texts` that a simple model labels confidently.

    `scores` are its log-probabilities by head; from a probability of `CONFIDENT` on its label
    counts `BACK_WEIGHT`. Self-training with a threshold (Yarowsky 1995; Lee 2013).
    """
    sure = {head: np.exp(table.max(axis=1)) >= CONFIDENT for head, table in scores.items()}
    rows = [int(row) for row in np.flatnonzero(np.any(list(sure.values()), axis=0))]
    labels, weights = {}, {}
    for head, table in scores.items():
        said = np.where(sure[head], table.argmax(axis=1), -1)[rows]
        labels[head] = np.concatenate([train.labels[head], said])
        weights[head] = np.concatenate([train.weights[head], np.where(said >= 0, BACK_WEIGHT, 0.0)])
    return Examples([*train.texts, *(texts[row] for row in rows)], labels, weights)
