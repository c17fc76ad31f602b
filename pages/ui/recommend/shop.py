"""What rules and sliders need of a shop's products, read once per load."""

from typing import Any

import pandas as pd

from engine.storage.workspace import Workspace
from engine.tasks.interest import novelty
from engine.tasks.interest.answers import InterestAnswer
from engine.tasks.interest.merchandising import Placed, Rules, Shop, apply
from engine.tasks.interest.shop_columns import ShopColumns, read_columns
from pages.ui.frame import session

FIRST = 10


@session.per_shop()
def shop(current: Workspace) -> Shop:
    """What rules need of products."""
    products = session.tables(current).products.set_index("product_id")
    own = columns(current)
    return Shop(
        titles=_by_id(products["title"]),
        categories=_by_id(products["category"]),
        brands=_by_id(products["brand"]),
        prices=_by_id(products["price"].astype(float)),
        margins=own.margins,
        sold_out=own.sold_out,
    )


def _by_id(column: pd.Series) -> dict[str, Any]:
    return {str(name): value for name, value in column.dropna().items()}


@session.per_shop()
def columns(current: Workspace) -> ShopColumns:
    """The shop's columns for margin, stock and date."""
    return read_columns(session.tables(current).products)


@session.per_shop()
def tells_age(current: Workspace) -> bool:
    """Whether products of this shop came at different times."""
    return novelty.tells_age(session.tables(current))


def place(current: Workspace, answer: InterestAnswer, rules: Rules) -> list[Placed]:
    """The first products of an answer after the rules, among those the catalog still has."""
    ranking = [result.product_id for result in answer.results]
    catalog = shop(current)
    placed = apply(ranking, rules, catalog)
    return [one for one in placed if one.product_id in catalog.titles][:FIRST]
