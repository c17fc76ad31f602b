"""The products' texts as vectors in two roles: what others go with, and what goes with others."""

from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.models.encoder import Encoder
from engine.progress import Progress
from engine.retrieval.dense import DenseIndex, open_index
from engine.tables.product_text import titles_with_leaf


class GoesWith:
    """An encoder with the vectors of a catalog.

    `mark` is what the encoder reads before a product that others go with. Without one the encoder
    never learned the difference, and both roles have the same vectors.
    """

    def __init__(
        self, encoder: Encoder, mark: str, products: DenseIndex, anchors: DenseIndex
    ) -> None:
        self.encoder = encoder
        self.mark = mark
        self.products = products
        self.anchors = anchors

    @classmethod
    def open(
        cls,
        folder: Path | None,
        encoder: Encoder,
        catalog: pd.DataFrame,
        mark: str,
        progress: Progress,
    ) -> Self:
        """The vectors of `catalog`, taking from `folder` what it holds."""
        ids, texts = catalog["product_id"].tolist(), titles_with_leaf(catalog)
        where = {part: folder / part if folder else None for part in ("products", "anchors")}
        products = open_index(where["products"], encoder, ids, texts, progress)
        if not mark:
            return cls(encoder, mark, products, products)
        marked = [mark + text for text in texts]
        anchors = open_index(where["anchors"], encoder, ids, marked, progress, "query")
        return cls(encoder, mark, products, anchors)

    @property
    def vectors(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Anchors and products, each (products, dimension) of length 1."""
        return self.anchors.vectors, self.products.vectors

    def save(self, folder: Path) -> None:
        """Write encoder and vectors."""
        self.encoder.save(folder / "encoder")
        for part, index in (("products", self.products), ("anchors", self.anchors)):
            (folder / "index" / part).mkdir(parents=True)
            index.save(folder / "index" / part)
