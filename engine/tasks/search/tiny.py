"""The task in small."""

import pandas as pd

from engine.simulation.tiny_shop import tiny_frames
from engine.tables.tables import Tables
from engine.tasks.tiny import TinyTask


def _growing() -> list[Tables]:
    frames = tiny_frames()
    log = frames["searches"]
    shops = []
    for copies, queries in ((1, 5), (1, 70), (4, 576)):
        grown = pd.concat(
            [log.assign(query=log["query"] + f" {'x' * copy}") for copy in range(copies)]
        )
        some = grown["query"].drop_duplicates().head(queries)
        searches = grown[grown["query"].isin(some)].reset_index(drop=True)
        shops.append(Tables(frames | {"searches": searches}))
    return shops


TINY = TinyTask(
    tables=lambda: Tables(tiny_frames()),
    growing=_growing,
    inputs=({"query": "cheap red mug 0"}, {"query": "红色杯子 🙂"}, {"query": "x" * 1000}),
    refused=({}, {"query": None}, {"query": 7}, {"query": "x" * 1001}),
    explained={"query": "cheap red mug", "product_id": "pan-red"},
    reasons=("cheap", "red", "mug"),
)
