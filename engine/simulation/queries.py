"""What shoppers search for, and what they mean by it."""

from dataclasses import dataclass

import numpy as np

from engine.simulation.assortment import SimulatedShop
from engine.simulation.draws import Ints

INTENT_SHARES = {
    "browse_category": 0.13,
    "exact_product": 0.15,
    "by_attribute": 0.23,
    "deal": 0.13,
    "gift": 0.12,
    "problem": 0.12,
    "service": 0.12,
}
"""Each intent's share of the distinct queries."""


@dataclass(frozen=True)
class Query:
    """A query and its meaning.

    `categories` are the leaves that it is about (none for service questions), `needs` pairs of a
    trait (`brand`, `series`, `model`, `color`, `style`, `extra`, `use`) and its accepted numbers,
    and `price` is the highest price that is fine. `slang` says whether it uses the shop's own
    words, `weight` how often people type it.
    """

    text: str
    intent: str
    categories: tuple[int, ...] = ()
    needs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    price: float = np.inf
    slang: bool = False
    weight: float = 1.0

    def grades(self, shop: SimulatedShop, numbers: Ints) -> Ints:
        """The true relevance, 0 to 3, of the products `numbers`.

        3 meets all needs, 2 is only too expensive, 1 misses one need, 0 misses more or is of
        another category.
        """
        missed = np.zeros(len(numbers), dtype=int)
        for trait, accepted in self.needs:
            missed += ~np.isin(getattr(shop, trait)[numbers], accepted)
        grades = np.where(missed == 0, np.where(shop.price[numbers] <= self.price, 3, 2), 0)
        grades[missed == 1] = 1
        grades[~np.isin(shop.category[numbers], self.categories)] = 0
        return grades

    def candidates(self, shop: SimulatedShop) -> Ints:
        """The products of the query's categories."""
        if not self.categories:
            return np.array([], dtype=int)
        return np.concatenate([shop.by_category[leaf] for leaf in self.categories])
