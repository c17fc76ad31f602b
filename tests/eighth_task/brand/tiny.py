"""The task in small."""

from engine.simulation.tiny_shop import tiny_catalog, tiny_frames
from engine.tables.tables import Tables
from engine.tasks.tiny import TinyTask


def _shop(products: int) -> Tables:
    catalog = tiny_catalog(products)
    brand = catalog["title"].str.contains("mug|pan").map({True: "Acme", False: "Bolt"})
    return Tables(tiny_frames() | {"products": catalog.assign(brand=brand)})


TINY = TinyTask(
    tables=lambda: _shop(192),
    growing=lambda: [_shop(products) for products in (30, 192, 400)],
    inputs=({"title": "cheap red mug 0"}, {"title": "红色杯子 🙂"}, {"title": "x" * 5000}),
    refused=({}, {"title": None}, {"title": 7}),
    explained={"item": {"title": "cheap red mug"}},
    reasons=("cheap", "red", "mug"),
)
