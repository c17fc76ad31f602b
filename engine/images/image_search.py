"""From a picture, or a text where the encoder reads texts, to the products that look like it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from engine.images.answers import ImageResult
from engine.images.colours import Palette, dominant
from engine.images.image_encoder import ImageEncoder, Tags
from engine.images.image_store import palettes
from engine.images.image_vectors import PictureVectors
from engine.retrieval.dense import DenseIndex

# Networks for ImageNet learn to overlook colour, by which shoppers tell products apart.
_COLOUR_WEIGHT = 0.2
# A product has several pictures: so many are looked at for each product that is wanted.
_PICTURES_A_PRODUCT = 20
# A network knows things upright: a picture that lies on its side is tried in all four ways.
_TURNS = (
    None,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
)


class PictureSearch:
    """The nearest products by their pictures: cosine similarity through a faiss index, and colours.

    Of what is nearest to a picture, similarity in colour (the Bhattacharyya coefficient of the
    shares of each colour) counts a fifth.
    """

    def __init__(self, found: PictureVectors, table: pd.DataFrame) -> None:
        self.index = DenseIndex(found.pictures, found.pictures, found.matrix)
        self.palettes = palettes(table)
        self.products = table.groupby("picture")["product_id"].agg(list).to_dict()

    def like_picture(
        self, encoder: ImageEncoder, image: Image.Image, k: int
    ) -> tuple[list[ImageResult], Tags]:
        """The `k` products that look most like `image`, whichever way up it is, and its tags."""
        turned = [image if turn is None else image.transpose(turn) for turn in _TURNS]
        reading = encoder.read(turned)
        return self._best(reading.vectors, k, dominant(image)), reading.tags[0]

    def like_text(self, encoder: ImageEncoder, text: str, k: int) -> list[ImageResult]:
        """The `k` products whose pictures show what `text` says."""
        return self._best(encoder.read_texts([text]), k)

    def _best(
        self, queries: NDArray[np.float32], k: int, colours: Palette | None = None
    ) -> list[ImageResult]:
        """Each product once, by its nearest picture and the nearest of the queries."""
        hits = [
            (self._with_colour(score, picture, colours), picture)
            for ranking in self.index.search(queries, k * _PICTURES_A_PRODUCT)
            for picture, score in zip(ranking.product_ids, ranking.scores, strict=True)
        ]
        best: dict[str, ImageResult] = {}
        for score, picture in sorted(hits, reverse=True):
            for product_id in self.products.get(picture, []):
                best.setdefault(product_id, ImageResult(product_id, picture, round(score, 4)))
        return list(best.values())[:k]

    def _with_colour(self, score: float, picture: str, colours: Palette | None) -> float:
        if colours is None or picture not in self.palettes:
            return score
        alike = colours.similarity(self.palettes[picture])
        return (1 - _COLOUR_WEIGHT) * score + _COLOUR_WEIGHT * alike
