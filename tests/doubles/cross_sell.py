"""A cross-sell model of the small shop: orders, categories and texts each give a reason."""

from dataclasses import replace

from engine.storage.runs import UNTUNED
from engine.tasks.cross_sell.answers import (
    Complement,
    CrossSellAnswer,
    CrossSellInput,
    Reason,
    Substitute,
)

PRODUCTS = 24
SYSTEMS = ("popularity", "lift", "cosine", "ease")


def predict(item: CrossSellInput, run: str, title: str = "") -> CrossSellAnswer:
    """The catalog from its end; `title` is what the substitutes are called."""
    first, place = item.basket[0], "untuned" if run == UNTUNED else "tuned"
    others = [f"P{row:02}" for row in range(PRODUCTS) if f"P{row:02}" not in item.basket]
    ranked = [(name, 1 / (rank + 1)) for rank, name in enumerate(reversed(others))][: item.k]
    by_text = Reason(
        met=first,
        together=0,
        lift=0.0,
        confidence=0.0,
        bought=0,
        alike=first,
        closeness=0.5,
        categories=None,
        category_lift=1.0,
    )
    by_orders = replace(by_text, together=3, lift=2.5, confidence=0.25, bought=9)
    by_category = replace(by_text, bought=2, categories=("Jackets", "Pots"), category_lift=1.8)
    reasons = [by_orders, by_category] + [by_text] * item.k
    return CrossSellAnswer(
        basket=item.basket,
        unknown=(),
        system=f"blend_{place}",
        results=[
            Complement(rank, name, name, score, reason)
            for rank, ((name, score), reason) in enumerate(
                zip(ranked, reasons, strict=False), start=1
            )
        ],
        systems=dict.fromkeys((*SYSTEMS, place, f"blend_{place}"), ranked),
        substitutes=[
            Substitute("P23", title, first, looks=4, closeness=0.7),
            Substitute("P22", title, first, looks=0, closeness=0.9),
        ],
    )
