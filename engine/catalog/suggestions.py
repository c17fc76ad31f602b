"""Suggests values for empty cells, from the model and from numbers in the texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from engine.catalog.measures import FEWEST
from engine.catalog.quality import AGREED, CatalogReport
from engine.labelling.labels import OTHER

COLUMNS = ["product_id", "title", "attribute", "value", "confidence", "words"]


def model_suggestions(
    products: pd.DataFrame, answers: Sequence[Mapping[str, Any]], empty: Mapping[str, pd.Index]
) -> pd.DataFrame:
    """The model's answers for the gaps `empty` (attribute → index labels of `products`).

    Columns `product_id, title, attribute, value, confidence, words`; "other" is no suggestion.
    """
    missing = {name: set(products.loc[index, "product_id"]) for name, index in empty.items()}
    rows = [
        {
            "product_id": answer["product_id"],
            "title": answer["title"],
            "attribute": name,
            "value": answer[name],
            "confidence": round(answer[f"{name}_confidence"], 3),
            "words": ", ".join(answer.get("words", {}).get(name, [])),
        }
        for answer in answers
        for name in answer["probabilities"]
        if answer["product_id"] in missing.get(name, ()) and answer[name] != OTHER
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def measured_suggestions(products: pd.DataFrame, report: CatalogReport) -> pd.DataFrame:
    """The text's only number of a column's dimension, for columns that mostly agree with texts.

    The confidence is the share of filled rows in which cell and text agree.
    """
    rows = []
    for measure in report.measures:
        if measure.agreement <= AGREED or measure.checked < 2 * FEWEST:
            continue
        fillable = products.loc[measure.fills["row"], ["product_id", "title"]]
        pairs = zip(fillable["product_id"], fillable["title"], measure.fills["value"], strict=True)
        rows += [
            {
                "product_id": product_id,
                "title": title,
                "attribute": measure.name,
                "value": value,
                "confidence": round(measure.agreement, 3),
                "words": value,
            }
            for product_id, title, value in pairs
        ]
    return pd.DataFrame(rows, columns=COLUMNS)
