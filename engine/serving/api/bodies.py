"""What the routes beside the tasks' own take and return."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from engine.codec import FilledText, Text
from engine.retrieval.query_suggestions import Suggestion
from engine.serving.api.shops import Product
from engine.storage.feedback import Event

MOST_PRODUCTS = 200
Name = Annotated[FilledText, Field(max_length=100)]


@dataclass(frozen=True)
class Answers:
    """The answers to a list of inputs, all by the model of `run` (`untuned` before a promotion)."""

    run: str
    answers: Sequence[Any]


@dataclass(frozen=True)
class SuggestInput:
    """What was typed so far; at most `most` suggestions are wanted."""

    text: Annotated[Text, Field(max_length=1_000)] = ""
    most: Annotated[int, Field(ge=1, le=50, strict=True)] = 8


@dataclass(frozen=True)
class Suggestions:
    """The suggestions, the best first."""

    suggestions: Sequence[Suggestion]


@dataclass(frozen=True)
class ProductsInput:
    """The ids of products."""

    product_ids: Annotated[tuple[Text, ...], Field(max_length=MOST_PRODUCTS)]


@dataclass(frozen=True)
class Products:
    """The products of the catalog among those that were asked for, in their order."""

    products: Sequence[Product]


@dataclass(frozen=True)
class Act:
    """What a shopper did with a product of a list."""

    product_id: Text
    event: Event


@dataclass(frozen=True)
class FeedbackInput:
    """A list that a shopper saw, and what they did with it.

    A new list brings `visit` (the session, by any name), `products` from the top, the `query`, the
    `shopper` who is signed in, and the `system` that made it, as the answer names it. For acts on
    a list that is kept already, `list` is its id and those fields stay out.
    """

    list: Text = ""
    visit: Annotated[Text, Field(max_length=100)] = ""
    query: Annotated[Text, Field(max_length=1_000)] = ""
    shopper: Annotated[Text, Field(max_length=1_000)] = ""
    system: Annotated[Text, Field(max_length=100)] = ""
    products: Annotated[tuple[Text, ...], Field(max_length=MOST_PRODUCTS)] = ()
    acts: Annotated[tuple[Act, ...], Field(max_length=MOST_PRODUCTS)] = ()


@dataclass(frozen=True)
class KeptFeedback:
    """The id of the list, for further acts on it, and how many acts were kept."""

    list: str
    acts: int
