"""Reranks by what the session looked at, and says why each product moved."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.claims.facts import attributes
from engine.tables.categories import levels
from engine.tables.tables import Tables
from engine.text.words import STOPWORDS, words

Kind = Literal["brand", "category", "attribute", "word"]
# How much each kind of trait counts: a product has many title words but only one brand.
WEIGHTS: Mapping[Kind, float] = {"brand": 2.0, "category": 2.0, "attribute": 1.0, "word": 0.5}
# Nobody reads more reasons than these.
MOST_REASONS = 2


@dataclass(frozen=True)
class Trait:
    """Something that products can share; `field` is an attribute's column, else the kind."""

    kind: Kind
    field: str
    value: str


@dataclass(frozen=True)
class Reason:
    """A trait of a product, and how many `products` of the session share it."""

    trait: Trait
    products: int


@dataclass(frozen=True)
class RerankedProduct:
    """A product in its new place: how many places it moved up (negative: down), and why."""

    product_id: str
    steps: int
    reasons: Sequence[Reason] = ()


class Traits:
    """The traits of a shop's products, each read on first use."""

    def __init__(self, tables: Tables) -> None:
        columns = ["title", "brand", "category", "attributes"]
        products = tables.products
        self._products = products[columns].reset_index(drop=True)
        self._rows = {name: row for row, name in enumerate(products["product_id"])}
        self._known: dict[str, frozenset[Trait]] = {}

    def of(self, product_id: str) -> frozenset[Trait]:
        """The traits of one product; empty if the catalog does not have it."""
        if product_id not in self._known:
            row = self._rows.get(product_id)
            self._known[product_id] = frozenset() if row is None else self._read(row)
        return self._known[product_id]

    def _read(self, row: int) -> frozenset[Trait]:
        title, brand, category, cell = self._products.iloc[row]
        traits = {Trait("attribute", column, value) for column, value in attributes(cell)}
        if isinstance(brand, str):
            traits.add(Trait("brand", "brand", brand))
        if isinstance(category, str):
            names = [level.strip() for level in levels(category)]
            traits |= {Trait("category", "category", name) for name in names}
        terms = set(words(title)) - STOPWORDS
        return frozenset(traits | {Trait("word", "word", term) for term in terms})


def rerank(
    ranked: Sequence[str],
    acts: Sequence[tuple[str, float]],
    traits: Traits,
    strength: float = 0.3,
) -> list[RerankedProduct]:
    """`ranked` in the order of (1 - strength) · relevance + strength · taste.

    `acts` are the products that the session acted on, each with the weight of its act. Relevance
    falls linearly from 1 at the first place to 0. Taste is the cosine between a product's traits
    and the mean of those acted on (Rocchio 1971), divided by the highest in the list; the more
    products of the list share a trait, the less it counts. A product does not raise its own taste.
    """
    weights = _weigh(ranked, traits)
    taste = {name: _taste(name, acts, traits, weights) for name in ranked}
    highest = max(taste.values(), default=0.0)
    if not highest or not strength:
        return [RerankedProduct(name, 0) for name in ranked]
    score = {
        name: (1 - strength) * (1 - place / len(ranked)) + strength * taste[name] / highest
        for place, name in enumerate(ranked)
    }
    order = sorted(ranked, key=lambda name: -score[name])
    before = {name: place for place, name in enumerate(ranked)}
    return [
        RerankedProduct(
            name,
            before[name] - place,
            _reasons(name, acts, traits, weights) if before[name] > place else (),
        )
        for place, name in enumerate(order)
    ]


def _weigh(ranked: Sequence[str], traits: Traits) -> dict[Trait, float]:
    """The weight of each trait; one that the whole list shares has none."""
    counts = Counter(trait for name in ranked for trait in traits.of(name))
    scale = math.log(len(ranked) + 1) if ranked else 1.0
    return {
        trait: WEIGHTS[trait.kind] * math.log((len(ranked) + 1) / count) / scale
        for trait, count in counts.items()
        if count < len(ranked)
    }


def _vector(name: str, traits: Traits, weights: Mapping[Trait, float]) -> dict[Trait, float]:
    shared = {trait: weights[trait] for trait in traits.of(name) if trait in weights}
    length = math.sqrt(sum(weight**2 for weight in shared.values()))
    return {trait: weight / length for trait, weight in shared.items()}


def _taste(
    name: str,
    acts: Sequence[tuple[str, float]],
    traits: Traits,
    weights: Mapping[Trait, float],
) -> float:
    return sum(_shares(name, acts, traits, weights).values())


def _shares(
    name: str,
    acts: Sequence[tuple[str, float]],
    traits: Traits,
    weights: Mapping[Trait, float],
) -> dict[Trait, float]:
    """How much each trait contributes to a product's taste."""
    own = _vector(name, traits, weights)
    shares: dict[Trait, float] = defaultdict(float)
    for other, strength in acts:
        if other != name:
            for trait, weight in _vector(other, traits, weights).items():
                if trait in own:
                    shares[trait] += strength * weight * own[trait]
    return shares


def _reasons(
    name: str,
    acts: Sequence[tuple[str, float]],
    traits: Traits,
    weights: Mapping[Trait, float],
) -> tuple[Reason, ...]:
    shares = _shares(name, acts, traits, weights)
    seen = {other for other, _ in acts} - {name}
    best = sorted(shares, key=lambda trait: (-shares[trait], trait.field, trait.value))
    return tuple(
        Reason(trait, sum(trait in traits.of(other) for other in seen))
        for trait in best[:MOST_REASONS]
    )
