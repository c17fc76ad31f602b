"""Asking the attributes model about many products: which ones, and how many at a time."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.frame.i18n import t

SIZES = (200, 1000, 0)
_LONGEST = 600


def choose_size(total: int, key: str) -> int:
    """How many products to ask about, the first ones; a large catalog takes minutes."""
    sizes = [size for size in SIZES if 0 < size < total] + [total]
    if len(sizes) == 1:
        return total
    chosen = st.segmented_control(
        t("catalog.size"),
        sizes,
        default=sizes[0],
        required=True,
        format_func=lambda size: (
            t("catalog.size_all", n=f"{size:,}") if size == total else f"{size:,}"
        ),
        help=t("catalog.size_help"),
        key=key,
    )
    return chosen or sizes[0]


def items(products: pd.DataFrame, **more: Any) -> list[dict[str, Any]]:
    """The inputs of products: id, title and description, each with `more`."""
    rows = products[["product_id", "title", "description"]].itertuples(index=False)
    return [
        {"product_id": str(name), "title": str(title)}
        | ({"description": told[:_LONGEST]} if isinstance(told, str) else {})
        | more
        for name, title, told in rows
    ]


def named(products: pd.DataFrame) -> pd.DataFrame:
    """The products that have a title to read."""
    return products[products["title"].notna()]
