"""What writing for one shop rests on: the check of claims and the habit of its descriptions."""

import time
from collections import OrderedDict
from dataclasses import dataclass

import pandas as pd

from engine.claims import ClaimChecker
from engine.labelling.product_columns import attribute_columns
from engine.labelling.product_labels import family_keys
from engine.labelling.split import PARTS, split_groups
from engine.tables.tables import Tables
from engine.tasks.describe.evidence import Habit, learn_habit

# As many shops stay in memory.
KEPT = 4


@dataclass(frozen=True)
class Shop:
    """A shop's products by part (a family shares one), its check, and its habit.

    The habit is learned from the training part alone. `seconds` is what it took to learn all this.
    """

    parts: dict[str, list[str]]
    checker: ClaimChecker
    habit: Habit
    seconds: float


_SHOPS: OrderedDict[tuple[str, int], Shop] = OrderedDict()
_CHECKERS: OrderedDict[str, ClaimChecker] = OrderedDict()


def open_checker(tables: Tables) -> ClaimChecker:
    """The check of a shop's claims, learned once for its tables."""
    key = tables.fingerprint
    if key not in _CHECKERS:
        _make_room(_CHECKERS)
        _CHECKERS[key] = ClaimChecker.from_tables(tables)
    return _CHECKERS[key]


def open_shop(tables: Tables, seed: int) -> Shop:
    """What writing for a shop rests on, learned once for its tables and `seed`."""
    key = (tables.fingerprint, seed)
    if key not in _SHOPS:
        _make_room(_SHOPS)
        started = time.perf_counter()
        parts, checker = _split(tables, seed), open_checker(tables)
        habit = learn_habit(checker, parts["train"])
        _SHOPS[key] = Shop(parts, checker, habit, time.perf_counter() - started)
    return _SHOPS[key]


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


def _make_room(held: OrderedDict[tuple[str, int], Shop] | OrderedDict[str, ClaimChecker]) -> None:
    while len(held) >= KEPT:
        held.popitem(last=False)
