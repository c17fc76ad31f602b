"""The task in small."""

import pandas as pd

from engine.simulation.tiny_shop import tiny_frames, tiny_reviews
from engine.tables.tables import Tables
from engine.tasks.tiny import TinyTask


def _growing() -> list[Tables]:
    reviews = tiny_reviews()
    copies = [reviews.assign(text=reviews["text"] + f" {'x' * copy}") for copy in range(3)]
    shops = (reviews[50:80], reviews, pd.concat(copies, ignore_index=True))
    return [Tables({"reviews": some}) for some in shops]


TINY = TinyTask(
    tables=lambda: Tables(tiny_frames()),
    growing=_growing,
    inputs=({"text": "cheap red mug 0"}, {"text": "红色杯子 🙂"}, {"text": "x" * 5000}),
    refused=({}, {"text": None}, {"text": 7}),
    explained={"item": {"text": "cheap red mug"}},
    reasons=("cheap", "red", "mug"),
)
