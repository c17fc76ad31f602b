"""Asking the attributes model about many products: which ones, and how many at a time."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.tasks.attributes.answers import AttributesInput, OwnLabel
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


def inputs_of(
    products: pd.DataFrame,
    *,
    words: bool = False,
    labels: Sequence[OwnLabel] | None = None,
) -> list[AttributesInput]:
    """The inputs of products; see `AttributesInput` for what `words` and `labels` ask for."""
    rows = products[["product_id", "title", "description"]].itertuples(index=False)
    return [
        AttributesInput(
            title=str(title),
            description=description[:_LONGEST] if isinstance(description, str) else None,
            product_id=str(product_id),
            words=words,
            labels=None if labels is None else tuple(labels),
        )
        for product_id, title, description in rows
    ]


def named(products: pd.DataFrame) -> pd.DataFrame:
    """The products that have a title to read."""
    return products[products["title"].notna()]
