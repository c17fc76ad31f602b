"""Past orders as baskets: in time order, split by time, with one product hidden to be found."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.labelling.split import TEST, VALIDATION

# A basket of one product has nothing to hide, and says nothing of what goes together.
LEAST_PRODUCTS = 2


def list_baskets(orders: pd.DataFrame, product_ids: Sequence[str]) -> pd.DataFrame:
    """One row per order: `order_id`, `time`, `basket` (its distinct products), in time order.

    Products that the catalog does not hold are left out, and orders without any other. Orders of
    an unknown time count as earliest; at equal times the order of the file stays.
    """
    lines = orders.loc[orders["product_id"].isin(product_ids), ["order_id", "product_id", "time"]]
    lines = lines.assign(time=pd.to_datetime(lines["time"]))
    lines = lines.drop_duplicates(["order_id", "product_id"])
    if lines.empty:
        return pd.DataFrame(columns=["order_id", "time", "basket"])
    codes, names = pd.factorize(lines["order_id"])
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    products = np.split(lines["product_id"].to_numpy()[order], starts[1:])
    baskets = pd.DataFrame(
        {
            "order_id": names,
            "time": lines["time"].groupby(codes).min().to_numpy(),
            "basket": [found.tolist() for found in products],
        }
    )
    return baskets.sort_values("time", kind="stable", na_position="first", ignore_index=True)


def count_learnable(baskets: pd.DataFrame) -> int:
    """How many baskets hold at least two products."""
    return int((baskets["basket"].map(len) >= LEAST_PRODUCTS).sum())


def split_baskets(
    baskets: pd.DataFrame, seed: int, most_held: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Train, validation and test of `list_baskets`' rows: the past, what came next, the newest.

    All baskets before the validation part are learned from. Validation and test hold the baskets of
    their time with two products or more, at most `most_held` each (drawn by `seed`), as
    `hold_one_out` gives them. No basket that is learned from is later than one that is held out.
    """
    large = np.flatnonzero(baskets["basket"].map(len) >= LEAST_PRODUCTS)
    cuts = [round(len(large) * (1 - VALIDATION - TEST)), round(len(large) * (1 - TEST))]
    _, validation, test = np.split(large, cuts)
    held_out = large[cuts[0] :]
    end = held_out[0] if len(held_out) else len(baskets)
    rng = np.random.default_rng(seed)
    held = []
    for rows in (validation, test):
        drawn = rng.choice(rows, min(len(rows), most_held), replace=False)
        held.append(hold_one_out(baskets.iloc[np.sort(drawn)], rng))
    return baskets.iloc[:end].reset_index(drop=True), held[0], held[1]


def hold_one_out(baskets: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Each basket without one product drawn by `rng`, which stands in `hidden`."""
    rest, hidden = [], []
    for basket in baskets["basket"]:
        place = int(rng.integers(len(basket)))
        hidden.append(basket[place])
        rest.append(basket[:place] + basket[place + 1 :])
    return baskets.assign(basket=rest, hidden=hidden).reset_index(drop=True)
