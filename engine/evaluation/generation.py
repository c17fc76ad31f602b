"""How good texts about products are: true first, then telling, then like the shop's own."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.copywriting.choosing import Verdict, judge
from engine.text.words import words

PRIMARY = "supported"
ENOUGH_FACTS = 2


def judge_all(part: pd.DataFrame, texts: Sequence[str]) -> list[Verdict]:
    """The verdict on each text, by the `grounds` of its row."""
    return [judge(text, grounds) for text, grounds in zip(texts, part["grounds"], strict=True)]


def score(part: pd.DataFrame, texts: Sequence[str]) -> dict[str, float]:
    """The metrics of one system's texts, one for each row of `part`.

    `supported`: share of texts with every claim supported. `facts_used`: mean number of facts told
    beyond the title; `uses_two_facts`: share of texts with two or more. `told`: share of texts that
    are supported and tell two or more. `rouge_l`: likeness to the shop's own descriptions.
    """
    verdicts = judge_all(part, texts)
    right = np.array([one.supported for one in verdicts], dtype=float)
    used = np.array([one.used for one in verdicts], dtype=float)
    pairs = zip(part["reference"], texts, strict=True)
    likeness = [rouge_l(reference, text) for reference, text in pairs if reference]
    return {
        PRIMARY: float(right.mean()),
        "facts_used": float(used.mean()),
        "uses_two_facts": float((used >= ENOUGH_FACTS).mean()),
        "told": float((right * (used >= ENOUGH_FACTS)).mean()),
        "rouge_l": float(np.mean(likeness)) if likeness else float("nan"),
    }


def rouge_l(reference: str, text: str) -> float:
    """The F1 of the longest common subsequence of words. Source: Lin (2004), ROUGE-L, beta 1."""
    left, right = words(reference), words(text)
    row = [0] * (len(right) + 1)
    for word in left:
        before = 0
        for place, other in enumerate(right, start=1):
            before, row[place] = (
                row[place],
                max(row[place], row[place - 1], before + 1 if word == other else 0),
            )
    return 2 * row[-1] / (len(left) + len(right)) if left or right else 0.0
