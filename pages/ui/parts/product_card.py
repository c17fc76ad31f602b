"""What product cards show: the catalog by id, the facts of one product, and its moves."""

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd

from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape
from pages.ui.parts import charts


@session.per_shop()
def products(current: Workspace) -> Mapping[str, Mapping[str, Any]]:
    """The catalog by product id."""
    frame = session.tables(current).products
    fields = ["product_id", "title", "description", "category", "brand", "price"]
    return {
        row["product_id"]: {str(name): value for name, value in row.items()}
        for row in frame[fields].to_dict("records")
    }


def move_badge(places: int, down: Literal["orange", "gray"] = "orange") -> str:
    """How many places a product moved up, or down where negative, as Markdown; "" for none."""
    if not places:
        return ""
    mark, colour = ("▲", "green") if places > 0 else ("▼", down)
    return f":{colour}-badge[{mark} {abs(places)}]"


def facts(product: Mapping[str, Any]) -> str:
    """Brand, price and category of a product as safe Markdown."""
    price = "" if pd.isna(product["price"]) else f"{product['price']:,.2f}"
    parts = (product["brand"], price, product["category"])
    shown = [escape(charts.cut(part, 60)) for part in parts if not pd.isna(part) and part != ""]
    return " · ".join(shown)
