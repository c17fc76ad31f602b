"""The shops that are measured: the English sample shop, and simulated ones of any size."""

import json

import numpy as np
import pandas as pd

from engine.reading.load import load_sample
from engine.simulation.assortment import make_shop
from engine.simulation.word_lists import load_words
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES
from engine.text.words import STOPWORDS, words


def sample_shop() -> Workspace:
    """The English sample shop, loaded into this state folder."""
    shop = Workspace.create(language="en")
    load_sample(shop, "en")
    return shop


def sample_products() -> pd.DataFrame:
    """The products of the English sample shop, which is loaded into this state folder."""
    return sample_shop().tables().products


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
    """Three words of each of `count` titles, in their order; all different.

    Stop words are not among them: with us they find no product by themselves.
    """
    draw = np.random.default_rng(1)
    found: dict[str, None] = {}
    while len(found) < count:
        title = str(titles.iloc[draw.integers(len(titles))]).lower().split()
        telling = [word for word in title if STOPWORDS.isdisjoint(words(word))]
        chosen = np.sort(draw.permutation(len(telling))[:3])
        found[" ".join(telling[place] for place in chosen)] = None
    return list(found)
