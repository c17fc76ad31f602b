"""What is known of a shop without a model: its suggestions and its products' cards."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition

import pandas as pd
from cachetools import LRUCache, cached

from engine.images.image_store import Pictures
from engine.retrieval.query_suggestions import Suggester, shop_suggester
from engine.storage.summaries import served
from engine.storage.workspace import Workspace

KEPT_SHOPS = 16


@dataclass(frozen=True)
class Product:
    """What a storefront shows of a product; `picture` is the name of a small copy, "" for none."""

    product_id: str
    title: str
    price: float | None
    brand: str
    category: str
    picture: str


@dataclass(frozen=True)
class Shop:
    """One shop as its tables and pictures are now."""

    suggester: Suggester
    products: Mapping[str, Product]


def _mark(workspace: Workspace) -> tuple[object, ...]:
    pictures = Pictures(workspace.folder).stamp()
    return (workspace.name, workspace.key, workspace.generation, workspace.language, pictures)


@cached(LRUCache(KEPT_SHOPS), key=_mark, condition=Condition())
def read_shop(workspace: Workspace) -> Shop:
    """The shop of a workspace, made once for its tables and pictures; the first time takes seconds.

    Those used last are kept.
    """
    tables = served(workspace, workspace.tables())
    pictures = Pictures(workspace.folder).table().drop_duplicates("product_id")
    picture = dict(zip(pictures["product_id"], pictures["picture"], strict=True))
    frame = tables.products[["product_id", "title", "price", "brand", "category"]]
    products = {
        product_id: Product(
            product_id,
            _text(title),
            None if pd.isna(price) else float(price),
            _text(brand),
            _text(category),
            picture.get(product_id, ""),
        )
        for product_id, title, price, brand, category in frame.itertuples(index=False)
    }
    return Shop(shop_suggester(tables), products)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
