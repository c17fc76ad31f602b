"""The catalog with accepted values filled in: every product and column stays."""

import json
from typing import Any

import pandas as pd

from engine.catalog.decisions import ACCEPTED
from engine.labelling.product_columns import attribute_columns, cell_text
from engine.reading.nested import parse

FILLED = "filled_by_shoplab"


def gaps(products: pd.DataFrame, attributes: list[str]) -> dict[str, pd.Index]:
    """Per attribute the products' index labels that have no value of it."""
    columns = attribute_columns(products)
    empty = pd.Series(dtype=object)
    return {name: products.index.difference(columns.get(name, empty).index) for name in attributes}


def enrich(products: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """The products with one column per attribute and the accepted `decisions` in empty cells.

    `decisions`: columns `product_id, attribute, value, state`. A cell that has a value keeps it.
    The last column, `FILLED`, names what was filled in each row; lists and objects among the
    attributes stay as JSON.
    """
    columns: dict[str, list[Any]] = {
        str(name): products[name].astype(object).where(products[name].notna(), None).tolist()
        for name in products.drop(columns="attributes")
    }
    cells = [parse(text) for text in products["attributes"]]
    names = dict.fromkeys(name for held in cells if isinstance(held, dict) for name in held)
    for name in names:
        # A column of the schema keeps its place.
        columns.setdefault(name, [_written(held, name) for held in cells])
    places = {product: row for row, product in enumerate(products["product_id"])}
    filled: list[list[str]] = [[] for _ in range(len(products))]
    accepted = decisions[decisions["state"] == ACCEPTED]
    for product, name, value in accepted[["product_id", "attribute", "value"]].to_numpy().tolist():
        cell = columns.setdefault(name, [None] * len(products))
        place = places.get(product)
        if place is not None and cell[place] is None:
            cell[place] = value
            filled[place].append(name)
    columns[FILLED] = [", ".join(done) or None for done in filled]
    return pd.DataFrame(columns, dtype=object)


def _written(held: object, name: str) -> str | None:
    if not isinstance(held, dict) or held.get(name) is None:
        return None
    value = held[name]
    return cell_text(value) or None if not isinstance(value, list | dict) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
