"""The task in small."""

from engine.simulation.tiny_shop import tiny_catalog, tiny_frames
from engine.tables.tables import Tables
from engine.tasks.tiny import FAST, TinyTask

TINY = TinyTask(
    tables=lambda: Tables(tiny_frames() | {"products": tiny_catalog()}),
    growing=lambda: [Tables({"products": tiny_catalog(products)}) for products in (30, 100, 400)],
    inputs=({"product_id": "mug-8"}, {"product_id": "mug-8"}, {"product_id": "mug-8"}),
    refused=({}, {"product_id": None}, {"product_id": 7}),
    explained={"product_id": "mug-8"},
    reasons=("alra blue mug", "clay", "Acme", "Kitchen > Mugs"),
    # A tiny generator has more to learn than an encoder.
    settings={
        **FAST,
        "adapter": "full",
        "epochs": 16,
        "learning_rate": 5e-3,
        "batch_size": 8,
        "warmup": 0,
        "max_examples": 60,
        "held_out": 12,
        "samples": 2,
        "new_tokens": 40,
    },
    pretrained="generator",
    # So tiny a generator copies no title: of its texts the truest one is compared.
    compared=("untuned_best", "tuned_best"),
)
