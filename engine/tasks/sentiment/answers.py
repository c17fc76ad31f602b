"""What the task can be asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.codec import Call, Text
from engine.labelling.review_labels import HEAD
from engine.tasks.classify.answers import (
    Classification,
    HeadAnswer,
    HeadExplanation,
    WhyInput,
)


@dataclass(frozen=True)
class SentimentInput:
    """A review, and the terms that name each aspect to look for in it.

    Without `aspects` the well-known ones of products are looked for, with empty ones none.
    """

    text: Text
    aspects: Mapping[Text, tuple[Text, ...]] | None = None


@dataclass(frozen=True)
class AspectAnswer:
    """How a review speaks of one aspect: the sentiment of the `clause` in which a `term` names it.

    `confidence` and `unsure` are those of the sentiment, as of every answer under a head.
    """

    aspect: str
    term: str
    clause: str
    sentiment: str
    confidence: float
    unsure: bool


@dataclass(frozen=True, kw_only=True)
class SentimentAnswer(Classification):
    """What a review feels, and how it speaks of each aspect, in the order of the text."""

    text: str
    aspects: tuple[AspectAnswer, ...] = ()

    @property
    def sentiment(self) -> HeadAnswer:
        """The answer under the only head."""
        return self.heads[HEAD]


PREDICT = Call("tasks", "predict", list[SentimentInput], list[SentimentAnswer], "sentiment")
EXPLAIN = Call("tasks", "explain", WhyInput[SentimentInput], HeadExplanation, "sentiment")
CALLS = (PREDICT, EXPLAIN)
