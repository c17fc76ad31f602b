"""What the task can be asked, and what it answers."""

from dataclasses import dataclass

from engine.codec import Call, Text
from engine.tasks.classify.answers import Classification, HeadExplanation, WhyInput


@dataclass(frozen=True)
class BrandInput:
    """A product's title."""

    title: Text


@dataclass(frozen=True, kw_only=True)
class BrandAnswer(Classification):
    """The brand of a product with this title."""

    title: str


PREDICT = Call("tasks", "predict", list[BrandInput], list[BrandAnswer], "brand")
EXPLAIN = Call("tasks", "explain", WhyInput[BrandInput], HeadExplanation, "brand")
CALLS = (PREDICT, EXPLAIN)
