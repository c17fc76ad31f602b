"""What a cross-sell model says about a basket, as plain JSON: products, reasons, substitutes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.ranking import Ranking
from engine.tasks.base import Explanation
from engine.tasks.cross_sell.bundle import CrossSellBundle

MOST_SUBSTITUTES = 6


def answer(
    bundle: CrossSellBundle, basket: Sequence[str], found: Mapping[str, Ranking]
) -> dict[str, Any]:
    """The lists of every system (`found`) for one basket of known products.

    `results` are the recommended system's, each with its `reason`; `substitutes` could replace what
    is in the basket.
    """
    chosen = found[bundle.recommended]
    results = [
        {
            "rank": place,
            "product_id": name,
            "title": bundle.titles[name],
            "score": float(score),
            "reason": reason(bundle, basket, name),
        }
        for place, (name, score) in enumerate(
            zip(chosen.product_ids, chosen.scores, strict=True), start=1
        )
    ]
    systems = {
        name: [[product, float(score)] for product, score in zip(*_columns(one), strict=True)]
        for name, one in found.items()
    }
    rows = [bundle.columns[name] for name in basket]
    substitutes = [
        {
            "product_id": one.product_id,
            "title": bundle.titles[one.product_id],
            "of": one.of,
            "looks": one.looks,
            "closeness": one.closeness,
        }
        for one in bundle.substitutes.of_basket(rows, MOST_SUBSTITUTES)
    ]
    return {
        "basket": list(basket),
        "system": bundle.recommended,
        "results": results,
        "systems": systems,
        "substitutes": substitutes,
    }


def reason(bundle: CrossSellBundle, basket: Sequence[str], product_id: str) -> dict[str, Any]:
    """Why a product may go with a basket of known products, in figures.

    `with` is the basket's product that met it in most baskets (by lift where equal), `together` in
    how many, `lift` and `confidence` of that pair; `alike` the basket's product nearest by text
    with its `closeness`; `categories` the pair of leaf categories that go together best, with
    their `category_lift`, or null; `bought` how many baskets hold the product.
    """
    held = [bundle.columns[name] for name in basket]
    column = bundle.columns[product_id]
    met = np.asarray(bundle.together[held][:, [column]].todense()).ravel()
    lifts = np.asarray(bundle.lifts[held][:, [column]].todense()).ravel()
    best = int(np.lexsort((-lifts, -met))[0])
    anchors, products = bundle.texts.vectors
    closeness = anchors[held] @ products[column]
    near = int(np.argmax(closeness))
    leaf = bundle.categories[column]
    lift_of = bundle.mixture.category
    pairs = {bundle.categories[row]: lift_of.between(bundle.categories[row], leaf) for row in held}
    kind = max(pairs, key=lambda name: pairs[name])
    return {
        "with": bundle.product_ids[held[best]],
        "together": int(met[best]),
        "lift": float(lifts[best]),
        "confidence": float(met[best] / max(bundle.bought[held[best]], 1)),
        "bought": int(bundle.bought[column]),
        "alike": bundle.product_ids[held[near]],
        "closeness": float(closeness[near]),
        "categories": [kind, leaf] if kind and leaf else None,
        "category_lift": pairs[kind],
    }


def explain(bundle: CrossSellBundle, basket: Sequence[str], product_id: str) -> Explanation:
    """What each product of the basket adds to a product's score, and every system's place for it.

    A share is how much the recommended system's score falls when that product is left out. The
    facts are those of `reason`, and `parts` says what each model adds where the system is a blend.
    """
    mixture, column, system = bundle.mixture, bundle.columns[product_id], bundle.recommended
    without = [[name for name in basket if name != left] for left in basket]
    scores = mixture.scores(bundle.row(basket, *without))
    whole, *rest = scores[system][:, column].tolist()
    weights = [(bundle.titles[name], whole - less) for name, less in zip(basket, rest, strict=True)]
    found = bundle.rank([basket], len(bundle.product_ids))
    ranks = {name: _place(one[0], product_id) for name, one in found.items()}
    parts = {}
    if mixture.blend and system == mixture.blend_name:
        single = mixture.parts(bundle.row(basket))
        parts = {
            name: float(mixture.blend.part(name, single[name])[0, column])
            for name in mixture.blend.weights
        }
    facts = {"system": system, "ranks": ranks, "parts": parts}
    return Explanation(weights, reason(bundle, basket, product_id) | facts)


def _columns(ranking: Ranking) -> tuple[Sequence[str], Sequence[float]]:
    return ranking.product_ids, ranking.scores


def _place(ranking: Ranking, product_id: str) -> int | None:
    ids = list(ranking.product_ids)
    return ids.index(product_id) + 1 if product_id in ids else None
