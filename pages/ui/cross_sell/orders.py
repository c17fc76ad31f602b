"""The shop's past baskets, counted once per load and shared by all reruns."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from engine.storage.workspace import Workspace
from engine.tables.categories import leaves
from engine.tasks.cooccurrence import product_counts, to_matrix
from engine.tasks.cross_sell.baskets import list_baskets
from engine.tasks.cross_sell.offers import MOST_BASKETS, span_in_days
from pages.ui.frame import session


@dataclass(frozen=True)
class Orders:
    """Past baskets of the catalog's products, in time order. Never change what is in here."""

    baskets: pd.DataFrame
    products: pd.DataFrame

    @cached_property
    def product_ids(self) -> list[str]:
        """The catalog's products, in its order."""
        return self.products["product_id"].tolist()

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles by product id."""
        return dict(zip(self.product_ids, self.products["title"].astype(str), strict=True))

    @cached_property
    def prices(self) -> dict[str, float]:
        """Known prices by product id."""
        known = self.products.dropna(subset=["price"])
        return dict(zip(known["product_id"], known["price"].astype(float), strict=True))

    @cached_property
    def matrix(self) -> csr_matrix:
        """Baskets × products."""
        columns = {name: column for column, name in enumerate(self.product_ids)}
        return to_matrix(self.baskets["basket"].tolist(), columns)

    @cached_property
    def popular(self) -> list[str]:
        """Every product, most bought first."""
        order = np.argsort(-product_counts(self.matrix), kind="stable")
        return [self.product_ids[column] for column in order]

    @cached_property
    def by_category(self) -> tuple[csr_matrix, list[str]]:
        """Baskets × leaf categories, 1 where a basket holds one of it, and the categories."""
        leaf = pd.Series(leaves(self.products["category"]))
        names = [name for name in leaf.unique() if name]
        column = {name: place for place, name in enumerate(names)}
        rows = [
            sorted({self._leaf[name] for name in basket} - {""})
            for basket in self.baskets["basket"]
        ]
        return to_matrix(rows, column), names

    @cached_property
    def _leaf(self) -> dict[str, str]:
        return dict(zip(self.product_ids, leaves(self.products["category"]), strict=True))

    @cached_property
    def days(self) -> float | None:
        """The time that the orders behind the bundles span; None where it is unknown."""
        return span_in_days(self.baskets["time"].tail(MOST_BASKETS))


@session.per_shop(8)
def orders(current: Workspace) -> Orders:
    """The past baskets of a workspace."""
    tables = session.tables(current)
    ids = tables.products["product_id"].tolist()
    return Orders(list_baskets(tables.orders, ids), tables.products)
