"""Orders: baskets of products that complement each other."""

from collections.abc import Iterator

import numpy as np

from engine.simulation.assortment import SimulatedShop, format_price
from engine.simulation.draws import Floats, Ints, day_counts, moments, pick, stamp
from engine.simulation.shoppers import Shoppers

COLUMNS = ("order_id", "product_id", "user_id", "time", "quantity", "price")
MOST_LINES = 5
_GO_ON = (0.62, 0.55, 0.45, 0.35)
"""The probability of a second, third … line."""
_SHORTLIST = 12


def order_rows(
    shop: SimulatedShop, shoppers: Shoppers, orders: int, rng: np.random.Generator
) -> Iterator[list[str]]:
    """The rows of `orders` orders in order of time.

    A basket starts with a product to the user's taste. Most further products complement one in it:
    they are its fixed companions, or to the user's taste and from a complementary category.
    """
    companions = _companions(shop, rng)
    popular = [np.cumsum(shop.popularity[members]) for members in shop.by_category]
    number = 0
    for day, count in enumerate(day_counts(orders)):
        for moment in moments(day, count, rng):
            number += 1
            user = int(rng.random() ** 1.5 * len(shoppers))
            for product in _basket(shop, shoppers, user, companions, popular, rng):
                yield [
                    f"O{number:06d}",
                    shop.product_id(product),
                    f"U{user + 1:04d}",
                    stamp(moment),
                    str(1 + int(rng.random() < 0.12)),
                    format_price(shop.price[product]),
                ]


def _companions(shop: SimulatedShop, rng: np.random.Generator) -> Ints:
    """Two products that are often bought with each product, shape (products, 2); -1 for none.

    Each is the one of a few random products from a complementary category that is most similar in
    brand, colour and price.
    """
    companions = np.full((len(shop), 2), -1)
    for product in range(len(shop)):
        leaf = shop.words.categories[shop.category[product]]
        for slot in range(2):
            members = shop.by_category[pick(leaf.complements, rng)]
            if not len(members):
                continue
            options = members[(rng.random(8) * len(members)).astype(int)]
            similarity = 2.0 * (shop.brand[options] == shop.brand[product])
            similarity += shop.color[options] == shop.color[product]
            similarity -= np.abs(shop.price_level(options) - shop.price_level(np.array([product])))
            companions[product, slot] = options[np.argmax(similarity)]
    return companions


def _basket(
    shop: SimulatedShop,
    shoppers: Shoppers,
    user: int,
    companions: Ints,
    popular: list[Floats],
    rng: np.random.Generator,
) -> list[int]:
    tastes = shoppers.tops[user]
    present = [leaf for leaf, members in enumerate(shop.by_category) if len(members)]
    leaf = int(rng.choice(present, p=tastes[present] / tastes[present].sum()))
    basket = [_choose(shop, shoppers, user, leaf, popular, rng)]
    for chance in _GO_ON[: MOST_LINES - 1]:
        if rng.random() > chance:
            break
        anchor = pick(basket, rng)
        dice = rng.random()
        if dice < 0.45:
            product = int(pick(companions[anchor], rng))
        else:
            complements = shop.words.categories[shop.category[anchor]].complements
            options = [leaf for leaf in complements if leaf in present] if dice < 0.85 else present
            if not options:
                continue
            product = _choose(shop, shoppers, user, pick(options, rng), popular, rng)
        if product >= 0 and product not in basket:
            basket.append(product)
    return basket


def _choose(
    shop: SimulatedShop,
    shoppers: Shoppers,
    user: int,
    leaf: int,
    popular: list[Floats],
    rng: np.random.Generator,
) -> int:
    """A product of category `leaf`: the user's choice from a shortlist by popularity."""
    marks = rng.random(_SHORTLIST) * popular[leaf][-1]
    options = shop.by_category[leaf][np.searchsorted(popular[leaf], marks)]
    liking = shoppers.liking(user, shop, options)
    return int(rng.choice(options, p=liking / liking.sum()))
