"""Shoppers and their lasting tastes."""

from dataclasses import dataclass

import numpy as np

from engine.simulation.assortment import SimulatedShop
from engine.simulation.draws import Floats, Ints


@dataclass(frozen=True)
class Shoppers:
    """The lasting tastes of all shoppers.

    `tops` (users, categories) are weights of categories; `brands` (users, brands) is the taste for
    brands and `level` (users,) the usual price level, both standard normal or nearly so.
    """

    tops: Floats
    brands: Floats
    level: Floats

    def __len__(self) -> int:
        return len(self.level)

    def liking(self, user: int, shop: SimulatedShop, numbers: Ints) -> Floats:
        """How many times more attractive than usual products are to `user`."""
        distance = np.abs(shop.price_level(numbers) - self.level[user])
        brand = self.brands[user, shop.brand[numbers]]
        logs = 0.35 * brand - 0.35 * (distance - 1) + 0.15 * shop.quality[numbers]
        return np.asarray(np.exp(logs))


def make_shoppers(shop: SimulatedShop, count: int, rng: np.random.Generator) -> Shoppers:
    """Draw `count` shoppers."""
    leaves = shop.words.categories
    return Shoppers(
        tops=rng.dirichlet(np.full(len(leaves), 0.6), size=count) + 0.02,
        brands=rng.normal(0, 1, (count, len(shop.words.brands))),
        level=rng.normal(0, 0.8, count),
    )
