"""What the doubles of models that put texts into classes share."""

from collections.abc import Sequence

from engine.tasks.classify.answers import Classification, HeadAnswer, HeadExplanation


def head_answer(label: str, confidence: float, labels: Sequence[str]) -> HeadAnswer:
    """The answer `label`; the other `labels` share the rest of the probability evenly."""
    shares = dict.fromkeys(labels, (1 - confidence) / (len(labels) - 1)) | {label: confidence}
    return HeadAnswer(label, confidence, confidence < 0.5, shares)


def explanation(answer: Classification, head: str, text: str) -> HeadExplanation:
    """Every word of the text counts the same."""
    words = text.split()
    weights = tuple((word, 1 / len(words)) for word in words)
    return HeadExplanation(head, answer.heads[head], weights)
