"""What a label means, in words: texts that the untuned model compares queries with."""

from collections.abc import Sequence

import numpy as np

from engine.labelling.labels import INTENTS, labelling
from engine.tables.categories import cut_path, is_within
from engine.tables.tables import Tables

TITLES_PER_CATEGORY = 30


def first_labels(tables: Tables) -> dict[str, list[str]]:
    """The labels of a shop without a search log: all intents, the categories' first level."""
    paths = tables.products["category"].dropna().unique()
    tops = sorted({cut_path(path, 1) for path in paths})
    return {"intent": list(INTENTS)} | ({"category": tops} if len(tops) > 1 else {})


def descriptions(head: str, names: Sequence[str], tables: Tables) -> list[list[str]]:
    """Per label the texts that describe it: both languages' for intents, titles for categories."""
    if head == "intent":
        return [
            [text for texts in labelling()[name]["descriptions"].values() for text in texts]  # type: ignore[attr-defined]
            for name in names
        ]
    products = tables.products.dropna(subset=["category", "title"])
    inside = [
        products["category"].map(lambda path, category=name: is_within(path, category))
        for name in names
    ]
    rest = ~np.any(inside, axis=0)
    found = []
    for name, rows in zip(names, inside, strict=True):
        chosen = products[rows if rows.any() else rest]["title"].head(TITLES_PER_CATEGORY)
        found.append([name, *chosen])
    return found
