"""From probabilities to answers and their reasons."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.errors import InputError
from engine.models.attribution import attribute_words
from engine.models.trunk import Trunk
from engine.tasks.classify.answers import Classification, HeadAnswer, HeadExplanation
from engine.tasks.classify.bundle import ZERO_SHOT_THRESHOLD, ClassifierBundle, nearest_labels

Table = Mapping[str, float]


def classify(bundle: ClassifierBundle, texts: Sequence[str]) -> list[Classification]:
    """What the recommended system of `bundle` answers about each text."""
    if not texts:
        return []
    tables = bundle.probabilities(texts, [bundle.recommended])[bundle.recommended]
    thresholds = {head: bundle.threshold(head) for head in tables}
    return [
        _read(
            {
                head: dict(zip(bundle.labels[head], table[row].tolist(), strict=True))
                for head, table in tables.items()
            },
            thresholds,
        )
        for row in range(len(texts))
    ]


def classify_freely(
    bundle: ClassifierBundle,
    head: str,
    texts: Sequence[str],
    choices: Sequence[Sequence[tuple[str, str]]],
) -> list[Classification]:
    """The nearest of each text's own `choices` (names and descriptions), under the one `head`."""
    tables = nearest_labels(bundle.vectors, texts, choices)
    return [_read({head: table}, {head: ZERO_SHOT_THRESHOLD}) for table in tables]


def explain(bundle: ClassifierBundle, text: str, head: str = "") -> HeadExplanation:
    """The words' shares in the answer under `head`, or under the first.

    By integrated gradients of the neural part; where the recommended system does not ask it, by the
    weights of its words. Raises InputError for a head that the model has not learned.
    """
    head = head or next(iter(bundle.labels))
    if head not in bundle.labels:
        raise InputError("tasks.no_head", head=head, known=", ".join(bundle.labels))
    (classification,) = classify(bundle, [text])
    answer = classification.heads[head]
    label = bundle.labels[head].index(answer.label)
    weights = None if bundle.asks_tuned(head) else bundle.words(text, head, label)
    if weights is None:
        trunk = Trunk(bundle.vectors.encoder, 0)
        weights = attribute_words(trunk, text, lambda tokens: bundle.logits(head, tokens), label)
    return HeadExplanation(head, answer, tuple(weights))


def _read(tables: Mapping[str, Table], thresholds: Mapping[str, float]) -> Classification:
    heads = {head: _answer(table, thresholds[head]) for head, table in tables.items()}
    return Classification(
        heads=heads,
        unsure=next(iter(heads.values())).unsure,
        uncertainty=float(np.mean([_entropy(table) for table in tables.values()])),
    )


def _answer(table: Table, threshold: float) -> HeadAnswer:
    label = max(table, key=table.__getitem__)
    return HeadAnswer(label, table[label], table[label] < threshold, table)


def _entropy(table: Table) -> float:
    """The entropy of probabilities as a share of the most that there can be."""
    shares = np.array(list(table.values()))
    entropy = -np.sum(shares * np.log(np.maximum(shares, 1e-12)))
    return float(entropy / np.log(max(len(shares), 2)))
