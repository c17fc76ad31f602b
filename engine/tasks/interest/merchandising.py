"""The shop's own rules for its lists, whatever the model says: pin, hide, boost, in stock only.

Rules work on places, not on scores: "up to five places up" means the same on every list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from engine.tables.categories import is_within

Field = Literal["margin", "category", "brand", "price_from", "price_to"]
FIELDS: tuple[Field, ...] = ("margin", "category", "brand", "price_from", "price_to")
MOST_PLACES = 20
Cause = Literal["pinned", "lifted"]


@dataclass(frozen=True)
class Boost:
    """Products that move up by so many `places`.

    `value` is the category (with all below it) or brand, or the price from or up to which; a margin
    has no value: the catalog's highest moves up by all places, its median by half of them.
    """

    field: Field
    value: str
    places: int


@dataclass(frozen=True)
class Rules:
    """The rules of a shop: product ids to show on top in this order, ids to never show, boosts."""

    pinned: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    boosts: tuple[Boost, ...] = ()
    in_stock: bool = False

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return self != Rules()

    def as_json(self) -> dict[str, Any]:
        """The rules as a plain dict."""
        return asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Self:
        """The rules of such a dict, as `as_json` gives it."""
        return cls(
            tuple(record["pinned"]),
            tuple(record["hidden"]),
            tuple(Boost(**boost) for boost in record["boosts"]),
            bool(record["in_stock"]),
        )

    def pin(self, product_id: str) -> Self:
        """With a product on top, below those pinned before, and no longer hidden."""
        pinned = (*_without(self.pinned, product_id), product_id)
        return replace(self, pinned=pinned, hidden=_without(self.hidden, product_id))

    def hide(self, product_id: str) -> Self:
        """With a product never shown, and no longer pinned."""
        hidden = (*_without(self.hidden, product_id), product_id)
        return replace(self, hidden=hidden, pinned=_without(self.pinned, product_id))

    def free(self, product_id: str) -> Self:
        """With a product neither pinned nor hidden."""
        return replace(
            self,
            pinned=_without(self.pinned, product_id),
            hidden=_without(self.hidden, product_id),
        )

    def boost(self, boost: Boost) -> Self:
        """With a boost more; it takes the place of an older one of the same products."""
        about = (boost.field, boost.value)
        others = tuple(one for one in self.boosts if (one.field, one.value) != about)
        return replace(self, boosts=(*others, boost))

    def drop(self, boost: Boost) -> Self:
        """Without a boost."""
        return replace(self, boosts=tuple(one for one in self.boosts if one != boost))

    def only_stock(self, wanted: bool) -> Self:
        """With only what is in stock, or with everything."""
        return replace(self, in_stock=wanted)


@dataclass(frozen=True)
class Shop:
    """What rules need of products, by product id.

    `margins` are ranks from 0 to 1, `sold_out` cannot be sold.
    """

    titles: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    brands: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    sold_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Placed:
    """A product of the new list: the place it `was` on, from 1 (None: not on the list), and why."""

    product_id: str
    was: int | None
    cause: Cause | None = None
    lift: float = 0.0


def apply(ranking: Sequence[str], rules: Rules, products: Shop) -> list[Placed]:
    """The list after the rules: pinned products first, then the others by lifted place.

    A product that is hidden, or sold out where only stock is shown, is gone even if it is pinned.
    A product that moves up by n places stands before those that were n places above it.
    """
    was = {name: place for place, name in enumerate(ranking, start=1)}
    out = set(rules.hidden) | (products.sold_out if rules.in_stock else frozenset())
    pinned = [name for name in dict.fromkeys(rules.pinned) if name not in out]
    lifts = {name: lift(name, rules, products) for name in ranking}
    rest = [name for name in ranking if name not in out and name not in pinned]
    # Half a place decides between who comes from below and who stands there.
    rest.sort(key=lambda name: (was[name] - lifts[name] - (lifts[name] > 0) / 2, was[name]))
    return [Placed(name, was.get(name), "pinned") for name in pinned] + [
        Placed(name, was[name], "lifted" if lifts[name] else None, lifts[name]) for name in rest
    ]


def lift(product_id: str, rules: Rules, products: Shop) -> float:
    """By how many places the rules move a product up."""
    return sum(boost.places * _share(product_id, boost, products) for boost in rules.boosts)


def _share(product_id: str, boost: Boost, products: Shop) -> float:
    """How much of a boost a product gets, 0 to 1."""
    price = products.prices.get(product_id)
    match boost.field:
        case "margin":
            return products.margins.get(product_id, 0.0)
        case "category":
            return float(is_within(products.categories.get(product_id, ""), boost.value))
        case "brand":
            return float(products.brands.get(product_id) == boost.value)
        case "price_from":
            return float(price is not None and price >= float(boost.value))
        case "price_to":
            return float(price is not None and price <= float(boost.value))


def _without(names: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(one for one in names if one != name)
