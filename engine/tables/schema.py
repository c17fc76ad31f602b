"""The five tables and their columns: the one definition of a shop's data."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "long_text", "number", "time", "choice", "json"]

EVENTS = ("impression", "click", "add_to_cart", "purchase")
SENTIMENTS = ("negative", "neutral", "positive")
CATEGORY_SEPARATOR = " > "


@dataclass(frozen=True)
class Field:
    """One column of a table.

    `kind` says how its text is read, `low` and `high` bound a number, and `choices` are the values
    that a choice can have once its synonyms are resolved.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its columns, and the key that identifies a row (empty if rows may repeat)."""

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """The column `name`. Raises KeyError if there is none."""
        return {field.name: field for field in self.fields}[name]

    @property
    def columns(self) -> list[str]:
        """The column names, in order."""
        return [field.name for field in self.fields]

    @property
    def required(self) -> list[str]:
        """The columns that a file must have."""
        return [field.name for field in self.fields if field.required]


PRODUCTS = Table(
    "products",
    (
        Field("product_id", "id", required=True),
        Field("title", "text", required=True),
        Field("description", "long_text"),
        Field("category", "text"),
        Field("brand", "text"),
        Field("price", "number", low=0, high=1e9),
        Field("image", "text"),
        Field("attributes", "json"),
    ),
    key=("product_id",),
)
SEARCHES = Table(
    "searches",
    (
        Field("time", "time"),
        Field("user_id", "id"),
        Field("session_id", "id"),
        Field("query", "text", required=True),
        Field("product_id", "id"),
        Field("event", "choice", choices=EVENTS),
        Field("position", "number", low=0, high=1e6),
        Field("intent", "text"),
    ),
)
ORDERS = Table(
    "orders",
    (
        Field("order_id", "id", required=True),
        Field("product_id", "id", required=True),
        Field("user_id", "id"),
        Field("time", "time"),
        Field("quantity", "number", low=0, high=1e6),
        Field("price", "number", low=0, high=1e9),
    ),
)
REVIEWS = Table(
    "reviews",
    (
        Field("review_id", "id"),
        Field("product_id", "id"),
        Field("user_id", "id"),
        Field("text", "long_text", required=True),
        Field("rating", "number", low=1, high=5),
        Field("sentiment", "choice", choices=SENTIMENTS),
        Field("time", "time"),
    ),
)
JUDGMENTS = Table(
    "judgments",
    (
        Field("query", "text", required=True),
        Field("product_id", "id", required=True),
        Field("relevance", "number", required=True, low=0, high=3),
        # Who gave the grade; kept only where a file says so, as JSON with the grade of each rater.
        Field("raters", "id"),
    ),
    key=("query", "product_id"),
)

TABLES = {table.name: table for table in (PRODUCTS, SEARCHES, ORDERS, REVIEWS, JUDGMENTS)}
