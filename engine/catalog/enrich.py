"""Fills accepted values into the catalog."""

import json
from typing import Any

import pandas as pd

from engine.catalog.decisions import ACCEPTED
from engine.labelling.product_columns import attribute_columns, cell_text
from engine.reading.nested import parse

FILLED = "filled_by_shoplab"


def gaps(products: pd.DataFrame, attributes: list[str]) -> dict[str, pd.Index]:
    """For each attribute, the index labels of the products without a value."""
    columns = attribute_columns(products)
    empty = pd.Series(dtype=object)
    return {name: products.index.difference(columns.get(name, empty).index) for name in attributes}


def enrich(products: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """The products with one column per attribute and the accepted `decisions` in empty cells.

    `decisions` has columns `product_id, attribute, value, state`. Filled cells never change. The
    last column, `FILLED`, names the attributes filled in each row. Lists and objects among the
    attributes stay as JSON.
    """
    columns: dict[str, list[Any]] = {
        str(name): products[name].astype(object).where(products[name].notna(), None).tolist()
        for name in products.drop(columns="attributes")
    }
    cells = [parse(text) for text in products["attributes"]]
    names = dict.fromkeys(name for values in cells if isinstance(values, dict) for name in values)
    for name in names:
        # A column of the schema keeps its place.
        columns.setdefault(name, [_written(values, name) for values in cells])
    places = {product: row for row, product in enumerate(products["product_id"])}
    filled: list[list[str]] = [[] for _ in range(len(products))]
    accepted = decisions[decisions["state"] == ACCEPTED]
    for product, name, value in accepted[["product_id", "attribute", "value"]].to_numpy().tolist():
        cell = columns.setdefault(name, [None] * len(products))
        place = places.get(product)
        if place is not None and cell[place] is None:
            cell[place] = value
            filled[place].append(name)
    columns[FILLED] = [", ".join(names_filled) or None for names_filled in filled]
    return pd.DataFrame(columns, dtype=object)


def _written(attributes: object, name: str) -> str | None:
    if not isinstance(attributes, dict) or attributes.get(name) is None:
        return None
    value = attributes[name]
    return cell_text(value) or None if not isinstance(value, list | dict) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
