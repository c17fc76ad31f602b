"""The task in small."""

from engine.simulation.tiny_shop import tiny_catalog, tiny_frames
from engine.tables.tables import Tables
from engine.tasks.tiny import TinyTask

TINY = TinyTask(
    tables=lambda: Tables(tiny_frames() | {"products": tiny_catalog()}),
    growing=lambda: [Tables({"products": tiny_catalog(products)}) for products in (30, 192, 400)],
    inputs=({"title": "cheap red mug 0"}, {"title": "红色杯子 🙂"}, {"title": "x" * 5000}),
    refused=({}, {"title": None}, {"title": 7}),
    explained={"item": {"title": "cheap red mug"}},
    reasons=("cheap", "red", "mug"),
)
