"""The task in small."""

from engine.simulation.tiny_shop import tiny_frames, tiny_pages
from engine.tables.tables import Tables
from engine.tasks.tiny import FAST, TinyTask


def _shop(pages: int) -> Tables:
    return Tables(tiny_frames() | {"searches": tiny_pages(pages)})


TINY = TinyTask(
    tables=lambda: _shop(160),
    growing=lambda: [_shop(pages) for pages in (30, 100, 600)],
    inputs=(
        {"history": ["mug-red"], "query": "cheap red mug 0"},
        {"history": ["mug-red"], "query": "红色杯子 🙂"},
        {"history": ["mug-red"], "query": "x" * 5000},
    ),
    refused=({}, {"history": ["mug-red"], "query": None}, {"history": ["mug-red"], "query": 7}),
    explained={"history": ["mug-red"], "query": "cheap red mug", "product_id": "pan-red"},
    reasons=("red mug",),
    # A page holds six examples.
    settings={**FAST, "batch_size": 48},
    # Two pages may answer the same query.
    apart_by="example_id",
)
