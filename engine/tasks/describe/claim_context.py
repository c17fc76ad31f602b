"""What writing for one shop rests on: the check of claims, and what its descriptions tell."""

import time
from dataclasses import dataclass
from threading import Lock

import pandas as pd
from cachetools import LRUCache, cached

from engine.claims import ClaimChecker, shop_checker
from engine.labelling.product_columns import attribute_columns
from engine.labelling.product_labels import family_keys
from engine.labelling.split import PARTS, split_groups
from engine.tables.tables import Tables
from engine.tasks.describe.evidence import FactFrequencies, learn_fact_frequencies


@dataclass(frozen=True)
class ClaimContext:
    """A shop's products by part (a family shares one), its check, and how often facts are told.

    The frequencies are counted in the training part alone. `seconds` is what all this took.
    """

    parts: dict[str, list[str]]
    checker: ClaimChecker
    fact_frequencies: FactFrequencies
    seconds: float


@cached(LRUCache(4), key=lambda tables, seed: (tables.fingerprint, seed), lock=Lock())
def open_claim_context(tables: Tables, seed: int) -> ClaimContext:
    """What writing for a shop rests on, learned once for its tables and `seed`."""
    started = time.perf_counter()
    parts, checker = _split(tables, seed), shop_checker(tables)
    fact_frequencies = learn_fact_frequencies(checker, parts["train"])
    return ClaimContext(parts, checker, fact_frequencies, time.perf_counter() - started)


def describable(products: pd.DataFrame) -> pd.DataFrame:
    """The products with a title, a description of their own, and something else to tell."""
    described = products["description"].notna() & products["title"].notna()
    described &= products["description"] != products["title"]
    return products[described & products[["brand", "category", "attributes"]].notna().any(axis=1)]


def _split(tables: Tables, seed: int) -> dict[str, list[str]]:
    products = describable(tables.products).sample(frac=1.0, random_state=seed)
    families = family_keys(products["title"], attribute_columns(products))
    parts = split_groups(families, seed) if len(products) else pd.Series(dtype=object)
    ids: pd.Series = products["product_id"]
    return {part: list(ids[parts == part]) for part in PARTS}
