"""Checks that tables fit together: that logs, orders and reviews are about known products."""

from collections.abc import Mapping

import pandas as pd

from engine.errors import Problem
from engine.reading.product_keys import resolve_keys

_EXAMPLES = 3


def restore_zeros(frame: pd.DataFrame, products: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Restore leading zeros of product ids, which spreadsheets drop, from the catalog.

    An id changes only if it is not in the catalog and equals exactly one of its ids without zeros.
    Returns the frame and the number of changed rows.
    """
    catalog_ids = products["product_id"].astype("str")
    padded = catalog_ids[catalog_ids.str.startswith("0")]
    bare = padded.str.lstrip("0")
    bare = bare[(bare != "") & ~bare.duplicated(keep=False) & ~bare.isin(catalog_ids)]
    correct = pd.Series(padded[bare.index].to_numpy(), index=bare.to_numpy(), dtype="str")
    ids = frame["product_id"]
    lost = ids.isin(correct.index)
    if not lost.any():
        return frame, 0
    ids = ids.astype("str")
    return frame.assign(product_id=ids.mask(lost, ids.map(correct)).astype("str")), int(lost.sum())


def restore_case(frame: pd.DataFrame, products: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Write product ids as the catalog does, where only capitals differ; else like the zeros."""
    ids, catalog_ids = frame["product_id"], products["product_id"].astype("str")
    unknown = ids.notna() & ~ids.isin(catalog_ids)
    if not unknown.any():
        return frame, 0
    lower = catalog_ids.str.lower()
    lower = lower[~lower.duplicated(keep=False)]
    correct = pd.Series(catalog_ids[lower.index].to_numpy(), index=lower.to_numpy(), dtype="str")
    owners = ids[unknown].astype("str").str.lower().map(correct).dropna()
    if not len(owners):
        return frame, 0
    written = ids.astype("str").copy()
    written[owners.index] = owners
    return frame.assign(product_id=written), len(owners)


def check_products(
    table: str, frame: pd.DataFrame, products: pd.DataFrame, file: str, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with its product ids restored if possible, and warnings about unknown products.

    Rows about unknown products stay, since their query, text or rating is still useful.
    """
    column = columns.get("product_id", "product_id")
    problems: list[Problem] = []
    frame, restored = restore_zeros(frame, products)
    if restored:
        params = {"count": restored, "table": table}
        problems.append(Problem("data.zeros_restored", file, None, column, params, "warning"))
    frame, written = restore_case(frame, products)
    if written:
        params = {"count": written}
        problems.append(Problem("data.case_restored", file, None, column, params, "warning"))
    frame, notes = resolve_keys(frame, products, file, column)
    problems += notes
    ids = frame["product_id"]
    unknown = ids.notna() & ~ids.isin(products["product_id"])
    if unknown.any():
        examples = ", ".join(ids[unknown].drop_duplicates().head(_EXAMPLES))
        params = {"count": int(unknown.sum()), "rows": len(frame), "examples": examples}
        problems.append(Problem("data.unknown_products", file, None, column, params, "warning"))
    return frame, problems
