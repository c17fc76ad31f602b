"""What the task can be asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator

from engine.codec import Call, Text
from engine.tasks.classify.answers import Classification, HeadExplanation, WhyInput

# The head of an answer that chooses among labels that the input brought.
OWN = "label"


def _id_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


# Shops write ids as numbers, too.
ProductId = Annotated[Text, BeforeValidator(_id_as_text)]


class OwnLabel(NamedTuple):
    """A category that a user made up; the description may be empty."""

    name: Text
    description: Text


@dataclass(frozen=True)
class AttributesInput:
    """A product to read: its title, and its description if it has one.

    With `words` the answer says which words speak for it. With `labels`, at least two of different
    names, the product goes to the nearest of these instead of to what the model has learned.
    """

    title: Text
    description: Text | None = None
    product_id: ProductId | None = None
    words: bool = False
    labels: tuple[OwnLabel, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class AttributesAnswer(Classification):
    """A product's category and the values of its attributes: a head for each learned column.

    Where the input brought labels there is the one head `OWN`. `words` are, by head, the few words
    that speak most for the answer, the strongest first.
    """

    title: str
    description: str | None = None
    product_id: str | None = None
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


PREDICT = Call("tasks", "predict", list[AttributesInput], list[AttributesAnswer], "attributes")
EXPLAIN = Call("tasks", "explain", WhyInput[AttributesInput], HeadExplanation, "attributes")
CALLS = (PREDICT, EXPLAIN)
