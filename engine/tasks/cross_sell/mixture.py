"""All models of what goes with a basket side by side, their blend, and which of them does best."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.evaluation.one_error import choose_simplest
from engine.tables.categories import leaves
from engine.tasks.cooccurrence import Recommender, Scores
from engine.tasks.cross_sell.category_lift import CategoryLift
from engine.tasks.cross_sell.copurchase import (
    Strengths,
    blocks,
    choose_strengths,
    fit_models,
    hidden_gains,
)
from engine.tasks.cross_sell.model_blend import Blend, learn_blend
from engine.tasks.cross_sell.shared_facts import PriceLevel, SharedFacts, product_facts
from engine.tasks.cross_sell.text_model import TextComplements

SINGLE = ("popularity", "lift", "cosine", "ease")
# From the simplest on; texts and blends, which `systems` names last, come after these.
SIMPLEST_FIRST = ("popularity", "cosine", "lift", "ease")
# A choice by fewer held-out baskets than these would be luck.
ENOUGH_TO_CHOOSE = 50
# What the blend learns from: a product of these, times the models, is held in memory at once.
MOST_BASKETS, MOST_ALTERNATIVES = 1000, 3000
SEED = 13


class Mixture:
    """Models over past baskets and over texts, and their blend.

    Systems: `popularity`, `lift`, `cosine` (shrunk), `ease`, the texts alone (called `text_name`)
    and the blend (`blend_…`) of all but lift with what the `catalog` says: categories that go
    together, shared facts, price levels. `matrix` holds the baskets that are learned from. Without
    `text`, the blend does without it.
    """

    def __init__(
        self,
        matrix: csr_matrix,
        catalog: pd.DataFrame,
        text: TextComplements | None,
        text_name: str,
        ease_products: int,
        strengths: Strengths | None = None,
        blend: Blend | None = None,
        recommended: str = "",
    ) -> None:
        self.matrix = matrix
        self.text = text
        self.text_name = text_name
        self.blend_name = f"blend_{text_name}"
        self.ease_products = ease_products
        categories = leaves(catalog["category"])
        self.category = CategoryLift(categories).fit(matrix)
        self.facts = SharedFacts(product_facts(catalog))
        self.price = PriceLevel(catalog["price"], categories)
        self.blend = blend
        # Where baskets are few, the shrunk cosine is the safest; without any, texts are left.
        self.recommended = recommended or ("cosine" if matrix.nnz or not text else text_name)
        self._fit(strengths or Strengths())

    def _fit(self, strengths: Strengths) -> None:
        self.strengths = strengths
        self.models: dict[str, Recommender] = {
            **fit_models(self.matrix, strengths, self.ease_products),
            "category": self.category,
            "facts": self.facts,
            "price": self.price,
        }
        if self.text:
            self.models["text"] = self.text

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems; no blend before it was learned."""
        text = [self.text_name] if self.text else []
        return [*SINGLE, *text, *([self.blend_name] if self.blend else [])]

    def parts(self, baskets: csr_matrix) -> dict[str, Scores]:
        """The scores of every single model, shape (baskets, products)."""
        return {name: model.scores(baskets) for name, model in self.models.items()}

    def scores(self, baskets: csr_matrix) -> dict[str, Scores]:
        """The scores of every system, shape (baskets, products)."""
        parts = self.parts(baskets)
        found = {name: parts[name] for name in SINGLE}
        if self.text:
            found[self.text_name] = parts["text"]
        if self.blend:
            found[self.blend_name] = self.blend.mix(parts)
        return found

    def choose(self, baskets: csr_matrix, hidden: NDArray[np.intp]) -> None:
        """Set strengths, blend and recommended system by nDCG@10 on held-out baskets.

        `hidden` are the columns of the products that were left out. The blend learns from all of
        them; to choose the system, its gain is measured on each half with the weights learned from
        the other, and of what that cannot tell apart the simplest is recommended. With too few
        baskets everything stays as it is: the figures would be luck.
        """
        if len(hidden) < ENOUGH_TO_CHOOSE:
            return
        self._fit(choose_strengths(self.matrix, baskets, hidden.tolist(), self.ease_products))
        halves = [np.arange(start, len(hidden), 2) for start in (0, 1)]
        gains: dict[str, list[NDArray[np.float64]]] = {}
        for learned, rest in (halves, reversed(halves)):
            self._learn(baskets[learned], hidden[learned])
            for name, of_half in self.gains_each(baskets[rest], hidden[rest]).items():
                gains.setdefault(name, []).append(of_half)
        self._learn(baskets, hidden)
        whole = {name: np.concatenate(of_halves) for name, of_halves in gains.items()}
        self.recommended = choose_simplest(whole, [*SIMPLEST_FIRST, *self.systems])

    def _learn(self, baskets: csr_matrix, hidden: NDArray[np.intp]) -> None:
        baskets, hidden = baskets[:MOST_BASKETS], hidden[:MOST_BASKETS]
        products = baskets.shape[1]
        others = np.arange(products)
        if products > MOST_ALTERNATIVES:
            drawn = np.random.default_rng(SEED).choice(products, MOST_ALTERNATIVES, replace=False)
            others = np.sort(drawn)
        scores: dict[str, list[Scores]] = {}
        targets: dict[str, list[Scores]] = {}
        for rows in blocks(baskets):
            for name, found in self.parts(baskets[rows]).items():
                # Lift favours the rarest pairs: the cosine says the same with more sense.
                if name != "lift":
                    own = found[np.arange(found.shape[0]), hidden[rows]]
                    scores.setdefault(name, []).append(found[:, others])
                    targets.setdefault(name, []).append(own)
        taken = (np.asarray(baskets[:, others].todense()) > 0) | (others == hidden[:, None])
        self.blend = learn_blend(
            {name: np.concatenate(parts) for name, parts in scores.items()},
            {name: np.concatenate(parts) for name, parts in targets.items()},
            taken,
        )

    def gains(self, baskets: csr_matrix, hidden: NDArray[np.intp]) -> Mapping[str, float]:
        """nDCG@10 of every system."""
        each = self.gains_each(baskets, hidden)
        return {name: float(gains.mean()) for name, gains in each.items()}

    def gains_each(
        self, baskets: csr_matrix, hidden: NDArray[np.intp]
    ) -> dict[str, NDArray[np.float64]]:
        """nDCG@10 of every system on every basket."""
        found: dict[str, list[NDArray[np.float64]]] = {}
        for rows in blocks(baskets):
            block = baskets[rows]
            for name, scores in self.scores(block).items():
                found.setdefault(name, []).append(hidden_gains(scores, block, hidden[rows]))
        return {name: np.concatenate(parts) for name, parts in found.items()}
