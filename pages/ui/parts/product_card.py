"""What product cards show: the catalog by id, the facts of one product, and its moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape
from pages.ui.parts import charts

Colour = Literal["blue", "gray", "green", "orange", "violet"]


@dataclass(frozen=True)
class Badge:
    """A few words about a product on a ground of Streamlit's colour."""

    text: str
    colour: Colour

    def as_markdown(self) -> str:
        """The badge as safe Markdown."""
        return f":{self.colour}-badge[{escape(self.text)}]"


@session.per_shop()
def products(current: Workspace) -> Mapping[str, Mapping[str, Any]]:
    """The catalog by product id."""
    frame = session.tables(current).products
    fields = ["product_id", "title", "description", "category", "brand", "price"]
    return {
        row["product_id"]: {str(name): value for name, value in row.items()}
        for row in frame[fields].to_dict("records")
    }


def move(places: int, down: Colour = "orange") -> Badge | None:
    """How many places a product moved up, or down where negative; None where it stayed."""
    if not places:
        return None
    return Badge(f"▲ {places}", "green") if places > 0 else Badge(f"▼ {-places}", down)


def moved_badges(places: int | None, new: str) -> list[Badge]:
    """As `move`, for a product of a list; None says that the other list lacks it: it is `new`."""
    badge = Badge(new, "violet") if places is None else move(places)
    return [badge] if badge else []


def move_badge(places: int, down: Colour = "orange") -> str:
    """As `move`, but as safe Markdown; "" where the product stayed."""
    badge = move(places, down)
    return badge.as_markdown() if badge else ""


def plain_facts(product: Mapping[str, Any]) -> str:
    """Brand, price and category of a product."""
    price = "" if pd.isna(product["price"]) else f"{product['price']:,.2f}"
    parts = (product["brand"], price, product["category"])
    return " · ".join(charts.cut(part, 60) for part in parts if not pd.isna(part) and part != "")


def facts(product: Mapping[str, Any]) -> str:
    """As `plain_facts`, but as safe Markdown."""
    return escape(plain_facts(product))
