"""A model of what goes with a basket: past orders, texts, and both together, over one catalog."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.models.encoder import load_encoder
from engine.progress import Silent
from engine.ranking import Ranking
from engine.storage.files import write_atomically, write_json
from engine.tables.categories import leaves
from engine.tables.tables import Tables
from engine.tasks.cooccurrence import lift, pair_counts, product_counts, to_matrix
from engine.tasks.cross_sell.basket_ranking import rank_baskets
from engine.tasks.cross_sell.copurchase import Strengths
from engine.tasks.cross_sell.mixture import Mixture
from engine.tasks.cross_sell.model_blend import Blend
from engine.tasks.cross_sell.substitutes import Substitutes, looked_at_together
from engine.tasks.cross_sell.text_index import GoesWith
from engine.tasks.cross_sell.text_model import TextComplements


class CrossSellBundle:
    """The systems of `engine.tasks.cross_sell.mixture` over a catalog.

    `baskets` are the past ones that are learned from. The texts' system is called `tuned` where the
    encoder learned what goes together (`trained`), else `untuned`.
    """

    def __init__(
        self,
        tables: Tables,
        baskets: Sequence[Sequence[str]],
        texts: GoesWith,
        *,
        trained: bool,
        ease_products: int,
        strengths: Strengths | None = None,
        blend: Blend | None = None,
        recommended: str = "",
    ) -> None:
        products = tables.products
        self.tables = tables
        self.baskets = baskets
        self.texts = texts
        self.product_ids: list[str] = products["product_id"].tolist()
        self.titles = dict(zip(self.product_ids, products["title"], strict=True))
        self.columns = {name: column for column, name in enumerate(self.product_ids)}
        self.categories = leaves(products["category"])
        self.mixture = Mixture(
            to_matrix(baskets, self.columns),
            products,
            TextComplements(*texts.vectors),
            "tuned" if trained else "untuned",
            ease_products,
            strengths,
            blend,
            recommended,
        )

    @property
    def systems(self) -> Sequence[str]:
        """The names of the systems this bundle answers with."""
        return self.mixture.systems

    @property
    def recommended(self) -> str:
        """The system that did best on validation; a safe one where there was too little of it."""
        return self.mixture.recommended

    @cached_property
    def together(self) -> csr_matrix:
        """In how many baskets two products met, shape (products, products)."""
        return pair_counts(self.mixture.matrix)

    @cached_property
    def lifts(self) -> csr_matrix:
        """The lift of each pair of products, shape (products, products)."""
        return lift(self.mixture.matrix)

    @cached_property
    def bought(self) -> NDArray[np.float64]:
        """How many baskets hold each product."""
        return product_counts(self.mixture.matrix)

    @cached_property
    def substitutes(self) -> Substitutes:
        """What could replace what."""
        looks = looked_at_together(self.tables.searches, self.columns)
        vectors = self.texts.products.vectors
        return Substitutes(self.product_ids, self.categories, vectors, looks, self.lifts)

    def row(self, *baskets: Sequence[str]) -> csr_matrix:
        """Baskets as rows of a matrix; unknown products are left out."""
        return to_matrix(baskets, self.columns)

    def rank(self, baskets: Sequence[Sequence[str]], k: int) -> dict[str, list[Ranking]]:
        """The `k` best products of every system for every basket, none that the basket holds."""
        if not self.product_ids or not baskets:
            return {system: [Ranking([], []) for _ in baskets] for system in self.systems}
        return rank_baskets(self.mixture.scores, self.row(*baskets), self.product_ids, k)

    def choose(self, baskets: Sequence[Sequence[str]], hidden: Sequence[str]) -> None:
        """Set strengths, blend and recommended system on held-out baskets, see `Mixture.choose`."""
        columns = np.array([self.columns[name] for name in hidden], dtype=np.intp)
        self.mixture.choose(self.row(*baskets), columns)

    def save(self, folder: Path) -> None:
        """Write encoder, vectors, baskets and what the systems need beside them."""
        self.texts.save(folder)
        lines = [(row, name) for row, basket in enumerate(self.baskets) for name in basket]
        frame = pd.DataFrame(lines, columns=["basket", "product_id"])
        write_atomically(
            folder / "baskets.parquet", lambda path: frame.to_parquet(path, index=False)
        )
        mixture = self.mixture
        about: Mapping[str, object] = {
            "recommended": mixture.recommended,
            "mark": self.texts.mark,
            "max_tokens": self.texts.encoder.model.max_seq_length,
            "ease_products": mixture.ease_products,
            "strengths": asdict(mixture.strengths),
            "blend": asdict(mixture.blend) if mixture.blend else None,
        }
        write_json(folder / "bundle.json", about)


def open_bundle(folder: Path, tables: Tables) -> CrossSellBundle:
    """The bundle saved in `folder`, its vectors brought up to date with the catalog."""
    about = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    encoder = load_encoder(folder / "encoder", about["max_tokens"])
    lines = pd.read_parquet(folder / "baskets.parquet")
    return CrossSellBundle(
        tables,
        lines.groupby("basket", sort=True)["product_id"].agg(list).tolist(),
        GoesWith.open(folder / "index", encoder, tables.products, about["mark"], Silent()),
        trained=True,
        ease_products=about["ease_products"],
        strengths=Strengths(**about["strengths"]),
        blend=Blend(**about["blend"]) if about["blend"] else None,
        recommended=about["recommended"],
    )
