"""Values suggested for empty cells of the catalog: numbers that stand in the text."""

import pandas as pd

from engine.catalog.measures import FEWEST
from engine.catalog.quality import AGREED, CatalogReport

COLUMNS = ["product_id", "title", "attribute", "value", "confidence", "words"]


def measured_suggestions(products: pd.DataFrame, report: CatalogReport) -> pd.DataFrame:
    """The only number of a column's kind in the text, for columns that mostly agree with texts.

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
