"""Every page opens on the smallest shops there can be."""

import pandas as pd
import pytest

from engine.storage.workspace import Workspace
from pages.ui.frame import shell
from tests.shop_double import FakeModels, clean, open_page, whole

PAGES = [page for page in shell.ICONS if shell.available(page)]
PRODUCT = {"product_id": "1", "title": "Red cup"}
SEARCH = {"query": "cup", "product_id": "1", "event": "click"}
ORDER = {"order_id": "1", "product_id": "1"}
REVIEW = {"product_id": "1", "text": "good"}
JUDGMENT = {"query": "cup", "product_id": "1", "relevance": 3.0}
SHOPS: dict[str, dict[str, list[dict[str, object]]]] = {
    "nothing": {},
    "one product": {"products": [PRODUCT]},
    "a product without a word": {"products": [{"product_id": "1", "title": "!"}]},
    "two products alike": {"products": [PRODUCT, PRODUCT | {"product_id": "2", "price": 0.0}]},
    "queries only": {"products": [PRODUCT], "searches": [{"query": "cup"}]},
    "orders only": {"orders": [ORDER]},
    "reviews only": {"reviews": [REVIEW]},
    "texts only": {"products": [PRODUCT], "reviews": [{"text": "good"}]},
    "one row of each": {
        "products": [PRODUCT],
        "searches": [SEARCH],
        "orders": [ORDER],
        "reviews": [REVIEW],
        "judgments": [JUDGMENT],
    },
}


@pytest.mark.parametrize("shop", SHOPS)
def test_every_page_opens(shop: str, models: FakeModels) -> None:
    current = Workspace.create(language="en")
    frames = {name: whole(name, pd.DataFrame(rows)) for name, rows in SHOPS[shop].items()}
    if frames:
        current.replace_tables(frames, {})
    app = clean(open_page(PAGES[0], current))
    for page in PAGES[1:]:
        app.switch_page(f"pages/{page}.py")
        clean(app.run())
