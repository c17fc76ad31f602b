"""The shops that are measured: the English sample shop, and simulated ones of any size."""

import json

import numpy as np
import pandas as pd

from engine.reading.load import load_sample
from engine.simulation.assortment import make_shop
from engine.simulation.word_lists import load_words
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES


def sample_products() -> pd.DataFrame:
    """The products of the English sample shop, which is loaded into this state folder."""
    shop = Workspace.create(language="en")
    load_sample(shop, "en")
    return shop.tables().products


def simulated_products(count: int) -> pd.DataFrame:
    """The products of a simulated shop."""
    shop = make_shop(load_words("en"), count, np.random.default_rng(0))
    rows = pd.DataFrame(shop.rows(), columns=shop.columns(), dtype="str")
    known = rows.columns.intersection(TABLES["products"].columns)
    others = rows.columns.difference(known)
    return rows[known].assign(
        price=rows["price"].astype(float),
        image=pd.Series(None, index=rows.index, dtype="str"),
        attributes=pd.Series(
            [json.dumps(cells) for cells in rows[others].to_dict("records")], dtype="str"
        ),
    )


def draw_queries(titles: pd.Series, count: int) -> list[str]:
    """Three words of each of `count` titles, in their order; all different."""
    draw = np.random.default_rng(1)
    found: dict[str, None] = {}
    while len(found) < count:
        words = str(titles.iloc[draw.integers(len(titles))]).lower().split()
        chosen = np.sort(draw.permutation(len(words))[:3])
        found[" ".join(words[place] for place in chosen)] = None
    return list(found)
