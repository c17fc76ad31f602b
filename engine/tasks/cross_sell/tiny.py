"""The task in small."""

from engine.simulation.tiny_shop import tiny_frames, tiny_orders
from engine.tables.tables import Tables
from engine.tasks.tiny import TinyTask


def _shop(baskets: int) -> Tables:
    return Tables(tiny_frames() | {"orders": tiny_orders(baskets)})


TINY = TinyTask(
    tables=lambda: _shop(100),
    growing=lambda: [_shop(baskets) for baskets in (30, 100, 600)],
    inputs=(
        {"basket": ["mug-red", "cheap red mug 0"]},
        {"basket": ["mug-red", "红色杯子 🙂"]},
        {"basket": ["mug-red", "x" * 5000]},
    ),
    refused=({}, {"basket": None}, {"basket": 7}),
    explained={"basket": ["mug-red", "cheap red mug"], "product_id": "pan-red"},
    reasons=("red mug",),
    # Two orders may hold the same products.
    apart_by="example_id",
)
