"""What errors cost: two prices, the threshold that follows, and money on held-out answers.

A model is sure of an answer with probability p. Acting on it costs the price of a false alarm with
probability 1 - p; leaving it costs the price of a miss with probability p. So it pays to act from

    p ≥ false alarm / (false alarm + miss)

on, if p is calibrated (Elkan 2001, equation 2).
"""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.evaluation.heldout import systems_of

Floats = NDArray[np.float64]
# More answers than these say no more, and take longer.
MOST_ANSWERS = 50_000


@dataclass(frozen=True)
class Prices:
    """What a wrong act and a missed right one cost, in the shop's money."""

    false_alarm: float
    miss: float

    @property
    def threshold(self) -> float:
        """The probability from which on acting costs less; 1 where neither costs anything."""
        total = self.false_alarm + self.miss
        return self.false_alarm / total if total > 0 else 1.0


@dataclass(frozen=True)
class Answers:
    """Held-out answers, shape (answers,): how sure the model was, and whether it was right."""

    confidence: Floats
    right: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.right)


@dataclass(frozen=True)
class CostCurve:
    """The cost of an answer by threshold; the last threshold is above 1, where nobody acts."""

    thresholds: Floats
    costs: Floats

    def at(self, threshold: float) -> float:
        """The cost of an answer with this threshold, rounded up to those of the curve."""
        place = int(np.searchsorted(self.thresholds, threshold - 1e-9))
        return float(self.costs[min(place, len(self.costs) - 1)])

    @property
    def best(self) -> float:
        """The threshold that would have cost least on these answers; the lowest of equals."""
        return float(self.thresholds[int(np.argmin(self.costs))])


def read_answers(heldout: pd.DataFrame, system: str, head: str = "") -> Answers | None:
    """What `system` answered on the held-out rows of a run, on one head if it is named.

    Of click probabilities, every product with a known outcome is an answer, right if clicked. None
    where the run kept no probabilities, as an older one or one that ranks by other scores.
    """
    if f"{system}.chances" in heldout:
        return _clicks(heldout[["truth", f"{system}.chances"]])
    if f"{system}.confidence" not in heldout:
        return None
    rows = heldout if not head else heldout[heldout["head"] == head]
    scored = rows.dropna(subset=[f"{system}.score", f"{system}.confidence"]).head(MOST_ANSWERS)
    confidence = scored[f"{system}.confidence"].to_numpy(dtype=float)
    return Answers(confidence, scored[f"{system}.score"].to_numpy(dtype=float) > 0)


def systems_with_confidence(heldout: pd.DataFrame) -> list[str]:
    """The systems whose answers came with a probability."""
    return [
        name
        for name in systems_of(heldout)
        if f"{name}.confidence" in heldout or f"{name}.chances" in heldout
    ]


def cost_curve(answers: Answers, prices: Prices, points: int = 101) -> CostCurve:
    """What an answer would have cost on average with each of `points` thresholds from 0 to 1."""
    thresholds = np.append(np.linspace(0, 1, points), 1.01)
    order = np.argsort(answers.confidence, kind="stable")
    confidence, right = answers.confidence[order], answers.right[order]
    left = np.searchsorted(confidence, thresholds - 1e-9)
    missed = np.concatenate([[0], np.cumsum(right)])[left]
    acted_wrong = (~right).sum() - np.concatenate([[0], np.cumsum(~right)])[left]
    costs = (prices.miss * missed + prices.false_alarm * acted_wrong) / max(len(answers), 1)
    return CostCurve(thresholds, np.asarray(costs))


def saving(
    answers: Answers, prices: Prices, other: float, *, samples: int = 1000, seed: int = 0
) -> tuple[float, float, float]:
    """What the prices' threshold saves an answer against the threshold `other`.

    With a 95 % bootstrap interval over the answers; the same answers are drawn for both.
    """
    per_answer = _cost_each(answers, prices, other) - _cost_each(answers, prices, prices.threshold)
    # Few distinct amounts: counting how often each is drawn is the same as drawing answers.
    amounts, counts = np.unique(per_answer, return_counts=True)
    draws = np.random.default_rng(seed).multinomial(len(answers), counts / len(answers), samples)
    low, high = np.percentile(draws @ amounts / len(answers), [2.5, 97.5])
    return float(per_answer.mean()), float(low), float(high)


def _cost_each(answers: Answers, prices: Prices, threshold: float) -> Floats:
    acted = answers.confidence >= threshold - 1e-9
    false_alarms = np.where(acted & ~answers.right, prices.false_alarm, 0.0)
    return np.asarray(false_alarms + np.where(~acted & answers.right, prices.miss, 0.0))


def _clicks(rows: pd.DataFrame) -> Answers:
    confidence: list[float] = []
    right: list[bool] = []
    for truth, chances in rows.itertuples(index=False):
        grades, probabilities = json.loads(truth), json.loads(chances)
        for product in grades.keys() & probabilities.keys():
            confidence.append(float(probabilities[product]))
            right.append(grades[product] > 0)
        if len(right) >= MOST_ANSWERS:
            break
    return Answers(np.array(confidence, dtype=float), np.array(right, dtype=bool))
