"""What labels mean in words: the texts that the untuned model compares queries with."""

from collections.abc import Sequence

import numpy as np

from engine.labelling.intent_rules import intent_words
from engine.labelling.labels import INTENTS
from engine.tables.categories import cut_path, is_within
from engine.tables.tables import Tables

TITLES_PER_CATEGORY = 30


def first_labels(tables: Tables) -> dict[str, list[str]]:
    """The labels of a shop without a search log: all intents and the top level of categories."""
    paths = tables.products["category"].dropna().unique()
    tops = sorted({cut_path(path, 1) for path in paths})
    return {"intent": list(INTENTS)} | ({"category": tops} if len(tops) > 1 else {})


def descriptions(head: str, names: Sequence[str], tables: Tables) -> list[list[str]]:
    """The texts that describe each label: of intents in both languages, of categories titles."""
    if head == "intent":
        by_language = [intent_words()[name]["descriptions"].values() for name in names]
        return [[text for texts in languages for text in texts] for languages in by_language]
    products = tables.products.dropna(subset=["category", "title"])
    inside = [
        products["category"].map(lambda path, category=name: is_within(path, category))
        for name in names
    ]
    others = ~np.any(inside, axis=0)
    texts = []
    for name, rows in zip(names, inside, strict=True):
        titles = products[rows if rows.any() else others]["title"].head(TITLES_PER_CATEGORY)
        texts.append([name, *titles])
    return texts
