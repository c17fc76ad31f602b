"""How good texts about products are: true first, then telling, then like the shop's own."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from engine.claims import Fact
from engine.claims.facts import sentences
from engine.tasks.describe.selection import FEWEST_FACTS, Verdict, judge
from engine.text.words import words

PRIMARY = "informative"
# No word: words hold no space.
_GAP = " "


def judge_all(part: pd.DataFrame, texts: Sequence[str]) -> list[Verdict]:
    """The verdict on each text, by the `evidence` of its row."""
    return [judge(text, evidence) for text, evidence in zip(texts, part["evidence"], strict=True)]


def score(part: pd.DataFrame, texts: Sequence[str]) -> dict[str, float]:
    """The metrics of one system's texts, one for each row of `part`.

    `informative`: share of texts that are supported and tell two facts or more beyond the title, so
    that neither a copied title nor an invention counts. `supported`: share of texts with every
    claim supported. `facts_used`: mean number of facts told beyond the title; `uses_two_facts`:
    share of texts with two or more. `self_repetition`: see there. `rouge_l`: likeness to the shop's
    own descriptions, where there are some.
    """
    verdicts = judge_all(part, texts)
    supported = np.array([verdict.supported for verdict in verdicts], dtype=float)
    used = np.array([verdict.used for verdict in verdicts], dtype=float)
    pairs = zip(part["reference"], texts, strict=True)
    likeness = [rouge_l(reference, text) for reference, text in pairs if reference]
    return {
        PRIMARY: float(np.mean([verdict.informative for verdict in verdicts])),
        "supported": float(supported.mean()),
        "facts_used": float(used.mean()),
        "uses_two_facts": float((used >= FEWEST_FACTS).mean()),
        "self_repetition": self_repetition(
            texts, [evidence.facts for evidence in part["evidence"]]
        ),
    } | ({"rouge_l": float(np.mean(likeness))} if likeness else {})


def self_repetition(texts: Sequence[str], facts: Sequence[Iterable[Fact]]) -> float:
    """Mean share of a text's sentences that stand in another text too, the facts' words taken out.

    Texts in one ready-made form have 1, whatever they tell; empty ones do not count. Source:
    self-repetition as in Salkar et al. (2022), of sentences delexicalised as in Wen et al. (2015).
    """
    forms_by_text = [
        [_form(sentence, fact_words) for sentence in sentences(text)]
        for text, fact_words in zip(texts, map(_words_of, facts), strict=True)
    ]
    count = Counter(form for forms in forms_by_text for form in set(forms))
    shares = [np.mean([count[form] > 1 for form in forms]) for forms in forms_by_text if forms]
    return float(np.mean(shares)) if shares else 0.0


def _words_of(facts: Iterable[Fact]) -> set[str]:
    return {word for fact in facts for word in words(fact.value)}


def _form(sentence: str, fact_words: set[str]) -> tuple[str, ...]:
    """The words of a sentence, with one gap for each run of words that stand in facts."""
    form: list[str] = []
    for word in words(sentence):
        if word not in fact_words:
            form.append(word)
        elif form[-1:] != [_GAP]:
            form.append(_GAP)
    return tuple(form)


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
