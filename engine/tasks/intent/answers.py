"""What the task can be asked, and what it answers."""

from dataclasses import dataclass

from engine.codec import Call, Text
from engine.tasks.classify.answers import Classification, HeadExplanation, WhyInput


@dataclass(frozen=True)
class IntentInput:
    """A query as a shopper typed it."""

    query: Text


@dataclass(frozen=True, kw_only=True)
class IntentAnswer(Classification):
    """What a query wants (head `intent`) and which products it means (head `category`).

    A head is missing where the shop has nothing to learn it from.
    """

    query: str


PREDICT = Call("tasks", "predict", list[IntentInput], list[IntentAnswer], "intent")
EXPLAIN = Call("tasks", "explain", WhyInput[IntentInput], HeadExplanation, "intent")
CALLS = (PREDICT, EXPLAIN)
