"""What the tasks that put texts into classes have in common when they are asked and answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Input = TypeVar("Input")


@dataclass(frozen=True)
class HeadAnswer:
    """What a model answers under one head, for instance `category`.

    `confidence` is the probability of `label`, from 0 to 1. The answer is `unsure` where it lies
    below the confidence that kept the wished precision on the validation part. `probabilities` are
    those of all labels, in the model's order; they add up to 1.
    """

    label: str
    confidence: float
    unsure: bool
    probabilities: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Classification:
    """One text put into classes: an answer for every head that the model has learned.

    `unsure` is that of the first head. `uncertainty` is the mean over the heads of the entropy of
    their probabilities, from 0 (certain) to 1 (no idea).
    """

    heads: Mapping[str, HeadAnswer]
    unsure: bool
    uncertainty: float


@dataclass(frozen=True)
class WhyInput(Generic[Input]):
    """Asks why the model answers `item` as it does under `head`; empty stands for the first."""

    item: Input
    head: str = ""


@dataclass(frozen=True)
class HeadExplanation:
    """Why a model answers as it does under `head`.

    `weights` are the words of the text in reading order, each with its signed share in the score of
    the answer's label; their absolute values add up to 1.
    """

    head: str
    answer: HeadAnswer
    weights: tuple[tuple[str, float], ...]
