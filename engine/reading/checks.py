"""Whether tables fit each other: the products that logs, orders, reviews and judgments speak of."""

from collections.abc import Mapping

import pandas as pd

from engine.errors import Problem

_EXAMPLES = 3


def restore_zeros(frame: pd.DataFrame, products: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Product ids that lost leading zeros (a spreadsheet's doing) set right from the catalog.

    Only an id that the catalog does not hold, and that exactly one of its ids equals but for the
    zeros, is changed. Returns the frame and how many rows changed.
    """
    known = products["product_id"].astype("str")
    padded = known[known.str.startswith("0")]
    bare = padded.str.lstrip("0")
    bare = bare[(bare != "") & ~bare.duplicated(keep=False) & ~bare.isin(known)]
    meant = pd.Series(padded[bare.index].to_numpy(), index=bare.to_numpy(), dtype="str")
    ids = frame["product_id"]
    lost = ids.isin(meant.index)
    if not lost.any():
        return frame, 0
    return frame.assign(product_id=ids.mask(lost, ids.map(meant)).astype("str")), int(lost.sum())


def check_products(
    table: str, frame: pd.DataFrame, products: pd.DataFrame, file: str, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[Problem]]:
    """The table with its product ids set right where it can be, and warnings for what is unknown.

    Rows about unknown products stay: their query, text or rating still teaches something.
    """
    column = columns.get("product_id", "product_id")
    problems: list[Problem] = []
    frame, restored = restore_zeros(frame, products)
    if restored:
        params = {"count": restored, "table": table}
        problems.append(Problem("data.zeros_restored", file, None, column, params, "warning"))
    ids = frame["product_id"]
    unknown = ids.notna() & ~ids.isin(products["product_id"])
    if unknown.any():
        examples = ", ".join(ids[unknown].drop_duplicates().head(_EXAMPLES))
        params = {"count": int(unknown.sum()), "rows": len(frame), "examples": examples}
        problems.append(Problem("data.unknown_products", file, None, column, params, "warning"))
    return frame, problems
