"""What can be asked about pictures, and what is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.codec import Call, Count, Text


@dataclass(frozen=True)
class ImageModel:
    """The image encoder that a question is for: a catalog id, a hub id or a folder."""

    model: str


@dataclass(frozen=True)
class ReadProgress:
    """How many pictures the model has read by now, and how many are `left`.

    `languages` are those in which it reads texts; none for a model of pictures alone.
    """

    read: int
    left: int
    languages: Sequence[str]


@dataclass(frozen=True)
class ImageQuery:
    """What the `k` products wanted look like: a `picture` (a file as base64) or a `text`.

    `name` is what the user calls the file.
    """

    model: str
    k: Count
    text: Text = ""
    picture: str = ""
    name: str = ""


@dataclass(frozen=True)
class ImageResult:
    """A product with the picture of it that is nearest; `score` is the similarity, 0 to 1."""

    product_id: str
    picture: str
    score: float


@dataclass(frozen=True)
class ImageAnswer:
    """The nearest products, and what the model sees in the query: tags with probabilities."""

    results: Sequence[ImageResult]
    tags: Sequence[tuple[str, float]] = ()


@dataclass(frozen=True)
class Doubt:
    """One product whose picture and text may not belong together.

    `stated` is what the catalog says and `seen` what the picture shows: colour names, or
    categories. `share` tells how unusual that is. For a colour: the share of the shop's products
    whose stated colour is found nearer in their picture. For a category: the share of the most
    similar pictures that belong to `seen`. For a title: the share of other products' pictures that
    fit it better, and nothing in `seen`. `sure` is False where the background could not be told
    from the product, or too few products are there to compare with.
    """

    kind: Literal["colour", "category", "title"]
    product_id: str
    picture: str
    stated: tuple[str, ...]
    seen: tuple[str, ...]
    share: float
    sure: bool


READ = Call("pictures", "read", ImageModel, ReadProgress)
SEARCH = Call("pictures", "search", ImageQuery, ImageAnswer)
DOUBTS = Call("pictures", "doubts", ImageModel, list[Doubt])
CALLS = (READ, SEARCH, DOUBTS)
