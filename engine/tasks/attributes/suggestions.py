"""Values that the model suggests for empty cells of the catalog."""

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.catalog.suggestions import COLUMNS
from engine.labelling.labels import OTHER
from engine.tasks.attributes.answers import AttributesAnswer


def model_suggestions(
    products: pd.DataFrame, answers: Sequence[AttributesAnswer], empty: Mapping[str, pd.Index]
) -> pd.DataFrame:
    """What the model answers where `empty` (attribute → index labels of `products`) has a gap.

    Columns `product_id, title, attribute, value, confidence, words`; "other" suggests nothing.
    """
    missing = {name: set(products.loc[index, "product_id"]) for name, index in empty.items()}
    rows = [
        {
            "product_id": answer.product_id,
            "title": answer.title,
            "attribute": name,
            "value": head.label,
            "confidence": round(head.confidence, 3),
            "words": ", ".join(answer.words.get(name, ())),
        }
        for answer in answers
        for name, head in answer.heads.items()
        if answer.product_id in missing.get(name, ()) and head.label != OTHER
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
