"""What a cross-sell model says about a basket: products, reasons, substitutes."""

from collections.abc import Mapping, Sequence

import numpy as np

from engine.ranking import Ranking
from engine.tasks.cross_sell.answers import (
    Complement,
    CrossSellAnswer,
    CrossSellExplanation,
    Reason,
    Substitute,
)
from engine.tasks.cross_sell.bundle import CrossSellBundle

MOST_SUBSTITUTES = 6


def answer(
    bundle: CrossSellBundle,
    basket: Sequence[str],
    unknown: Sequence[str],
    rankings: Mapping[str, Ranking],
) -> CrossSellAnswer:
    """The lists of every system for one `basket` of products that the catalog holds."""
    chosen = rankings[bundle.recommended]
    return CrossSellAnswer(
        basket=basket,
        unknown=unknown,
        system=bundle.recommended,
        results=[
            Complement(rank, name, bundle.titles[name], score, reason(bundle, basket, name))
            for rank, (name, score) in enumerate(_pairs(chosen), start=1)
        ],
        systems={name: _pairs(ranking) for name, ranking in rankings.items()},
        substitutes=[
            Substitute(
                other.product_id,
                bundle.titles[other.product_id],
                other.of,
                other.looks,
                other.closeness,
            )
            for other in bundle.substitutes.of_basket(
                [bundle.columns[name] for name in basket], MOST_SUBSTITUTES
            )
        ],
    )


def reason(bundle: CrossSellBundle, basket: Sequence[str], product_id: str) -> Reason:
    """Why a product may go with a basket of products that the catalog holds."""
    rows = [bundle.columns[name] for name in basket]
    column = bundle.columns[product_id]
    together = np.asarray(bundle.together[rows][:, [column]].todense()).ravel()
    lifts = np.asarray(bundle.lifts[rows][:, [column]].todense()).ravel()
    best = int(np.lexsort((-lifts, -together))[0])
    anchors, products = bundle.texts.vectors
    closeness = anchors[rows] @ products[column]
    nearest = int(np.argmax(closeness))
    leaf = bundle.categories[column]
    lift_of = bundle.mixture.category
    category_lifts = {
        bundle.categories[row]: lift_of.between(bundle.categories[row], leaf) for row in rows
    }
    category = max(category_lifts, key=lambda name: category_lifts[name])
    return Reason(
        met=bundle.product_ids[rows[best]],
        together=int(together[best]),
        lift=float(lifts[best]),
        confidence=float(together[best] / max(bundle.bought[rows[best]], 1)),
        bought=int(bundle.bought[column]),
        alike=bundle.product_ids[rows[nearest]],
        closeness=float(closeness[nearest]),
        categories=(category, leaf) if category and leaf else None,
        category_lift=float(category_lifts[category]),
    )


def explain(
    bundle: CrossSellBundle, basket: Sequence[str], product_id: str
) -> CrossSellExplanation:
    """What each product of the basket adds to a product's score, and every system's place for it.

    A share is how much the recommended system's score falls when that product is left out.
    """
    mixture, column, system = bundle.mixture, bundle.columns[product_id], bundle.recommended
    without = [[name for name in basket if name != left] for left in basket]
    scores = mixture.scores(bundle.row(basket, *without))
    whole, *rest = scores[system][:, column].tolist()
    rankings = bundle.rank([basket], len(bundle.product_ids))
    parts = {}
    if mixture.blend and system == mixture.blend_name:
        single = mixture.parts(bundle.row(basket))
        parts = {
            name: float(mixture.blend.part(name, single[name])[0, column])
            for name in mixture.blend.weights
        }
    return CrossSellExplanation(
        weights=[
            (bundle.titles[name], whole - less) for name, less in zip(basket, rest, strict=True)
        ],
        reason=reason(bundle, basket, product_id),
        system=system,
        ranks={name: _place(of_basket[0], product_id) for name, of_basket in rankings.items()},
        parts=parts,
    )


def _pairs(ranking: Ranking) -> list[tuple[str, float]]:
    pairs = zip(ranking.product_ids, ranking.scores, strict=True)
    return [(name, float(score)) for name, score in pairs]


def _place(ranking: Ranking, product_id: str) -> int | None:
    ids = list(ranking.product_ids)
    return ids.index(product_id) + 1 if product_id in ids else None
