"""What the shop knows about a product, as single facts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from engine.reading.nested import parse

YES = frozenset({"true", "yes", "y", "是", "有", "支持", "可以"})
NO = frozenset({"false", "no", "n", "none", "not supported", "否", "无", "不支持", "没有", "不可"})
ATTRIBUTE = "attribute:"
REVIEW = "review:"

_SENTENCE = re.compile(
    r"[^.!?。！？；\n]*(?:[.!?](?!\s|$)[^.!?。！？；\n]*)*(?:[.!?。！？；\n]+|$)"
)


@dataclass(frozen=True)
class Fact:
    """One thing that the shop knows about a product.

    `name` is `title`, `description`, `brand`, `price`, `category`, `review` or the column of an
    attribute. `value` is in the shop's words; every sentence of a description or a review is a fact
    of its own. `source` says where it is from: `title`, `attribute:<column>`,
    `review:<review_id>` …
    """

    name: str
    value: str
    source: str

    @property
    def is_yes(self) -> bool:
        """Whether the value is just a yes to what the name says."""
        return self.value.strip().lower() in YES

    @property
    def is_no(self) -> bool:
        """Whether the value is just a no to what the name says."""
        return self.value.strip().lower() in NO

    @property
    def is_attribute(self) -> bool:
        """Whether it is from one of the shop's own columns."""
        return self.source.startswith(ATTRIBUTE)


def product_facts(row: pd.Series) -> list[Fact]:
    """The facts in one row of the products table, the title first."""
    facts = []
    for name in ("title", "brand", "category", "price"):
        if pd.notna(row[name]):
            value = row[name]
            facts.append(Fact(name, _written(value), name))
    facts += [Fact(name, value, ATTRIBUTE + name) for name, value in attributes(row["attributes"])]
    if pd.notna(row["description"]):
        facts += [
            Fact("description", text, "description") for text in sentences(row["description"])
        ]
    return facts


def review_facts(reviews: pd.DataFrame) -> list[Fact]:
    """The sentences of reviews; the source of a review without an id is its row's label."""
    return [
        Fact("review", sentence, f"{REVIEW}{label if pd.isna(review_id) else review_id}")
        for label, review_id, text in zip(
            reviews.index, reviews["review_id"], reviews["text"], strict=True
        )
        for sentence in sentences(text)
    ]


def attributes(cell: object) -> Iterator[tuple[str, str]]:
    """Name and value of each attribute in a cell of the `attributes` column."""
    values = parse(cell)
    if not isinstance(values, dict):
        return
    for name, value in values.items():
        for text in _texts(value):
            yield str(name), text


def sentences(text: str) -> list[str]:
    """The sentences of a text, stripped."""
    return [sentence for match in _SENTENCE.findall(text) if (sentence := match.strip())]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, dict):
        yield from (f"{name}: {text}" for name, inner in value.items() for text in _texts(inner))
    elif value is not None and (text := _written(value).strip()):
        yield text


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)
