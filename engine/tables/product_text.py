"""The text of a product, in the form that each reader needs."""

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.tables.categories import leaves

# What a product can be found by, field by field.
FIELDS = ("title", "description", "category", "brand", "attributes")
# Encoders and shoppers stop reading a description long before its end.
BEGINNING = 600
# Attribute values of so many characters or more are notes, not names.
LONG_VALUE = 25


def passages(products: pd.DataFrame) -> pd.Series:
    """Title and whole description, the passage that search matches with a query."""
    return _filled(products["title"]) + ". " + _filled(products["description"])


def passages_in(products: pd.DataFrame, rows: NDArray[np.intp] | slice) -> list[str]:
    """The passages of the products in `rows`, of a large catalog too.

    To take scattered rows of a column that lies in several parts, pandas would copy all of it.
    """
    if isinstance(rows, slice):
        return passages(products.iloc[rows]).tolist()
    columns = {name: products[name] for name in ("title", "description")}
    cells = {name: [column.iat[row] for row in rows] for name, column in columns.items()}
    return passages(pd.DataFrame(cells, dtype="str")).tolist()


def searchable_texts(products: pd.DataFrame) -> pd.Series:
    """Everything a product can be found by: its passage, category, brand and short attributes."""
    names = _filled(products["category"]) + " " + _filled(products["brand"])
    return passages(products) + " " + names + " " + products["attributes"].map(_short_values)


def field_texts(products: pd.DataFrame) -> dict[str, list[str]]:
    """The searchable texts of products by field, in the order of `FIELDS`."""
    texts = {name: _filled(products[name]).tolist() for name in FIELDS if name != "attributes"}
    texts["attributes"] = products["attributes"].map(_short_values).tolist()
    return texts


def summary(title: str, description: object) -> str:
    """The title and, on a line of its own, how the description begins, if it says more."""
    says_more = isinstance(description, str) and description.strip() != "" and description != title
    return f"{title}\n{str(description)[:BEGINNING]}" if says_more else title


def summaries(products: pd.DataFrame) -> list[str]:
    """The `summary` of each product."""
    pairs = zip(products["title"], products["description"], strict=True)
    return [summary(title, description) for title, description in pairs]


def titles_with_leaf(products: pd.DataFrame) -> list[str]:
    """Title and leaf category, which say what kind of thing a product is."""
    pairs = zip(_filled(products["title"]), leaves(products["category"]), strict=True)
    return [f"{title}. {name}" if name else title for title, name in pairs]


def _filled(column: pd.Series) -> pd.Series:
    """The texts of a column, "" where there is none."""
    return column.astype("str").fillna("")


def _short_values(attributes: object) -> str:
    if not isinstance(attributes, str):
        return ""
    values = [value for value in json.loads(attributes).values() if isinstance(value, str)]
    return " ".join(value for value in values if len(value) < LONG_VALUE)
