"""Simple ways to order the products of a page, to compare the model with."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.labelling.histories import Acts, History, list_acts
from engine.ranking import Ranking
from engine.tasks.base import Dataset
from engine.tasks.cooccurrence import ShrunkCosine, to_matrix

SHRINK = 5.0


def rank_baselines(dataset: Dataset, part: pd.DataFrame) -> dict[str, list[Ranking]]:
    """The order shown, what is clicked most, what the shopper acted on last, and item kNN."""
    tables = dataset.tables
    product_ids = tables.products["product_id"].tolist()
    acts = list_acts(tables.searches, tables.orders, product_ids)
    until = dataset.validation["time"].iloc[0].to_datetime64()
    neighbours = HistoryNeighbours(acts, until, product_ids)
    rankings: dict[str, list[Ranking]] = {
        name: [] for name in ("shown", "clicked", "recent", "item_knn")
    }
    columns = ("product_ids", "positions", "clicks", "history", "strengths")
    for names, positions, clicks, *past in zip(*(part[name] for name in columns), strict=True):
        history = History(*past)
        rankings["shown"].append(order(names, by_place(positions)))
        rankings["clicked"].append(order(names, np.asarray(clicks)))
        rankings["recent"].append(order(names, by_recency(names, history)))
        rankings["item_knn"].append(order(names, neighbours.scores(names, history)))
    return rankings


def order(product_ids: Sequence[str], scores: NDArray[np.floating]) -> Ranking:
    """Products by score, highest first; ties by their ids, which say nothing of the page."""
    rows = np.lexsort((np.asarray(product_ids, dtype=object).astype(str), -scores))
    return Ranking([product_ids[row] for row in rows], [float(scores[row]) for row in rows])


def by_place(positions: Sequence[int]) -> NDArray[np.floating]:
    """The order in which the page showed them."""
    return -np.asarray(positions, dtype=float)


def by_recency(product_ids: Sequence[str], history: History) -> NDArray[np.floating]:
    """What the shopper acted on last comes first."""
    places = {name: place for place, name in enumerate(history.product_ids, start=1)}
    return np.array([places.get(name, 0) for name in product_ids], dtype=float)


class HistoryNeighbours:
    """Item kNN: how often a product was acted on by those who acted on the shopper's products.

    The shrunk cosine of `engine.tasks.cooccurrence` over shoppers instead of baskets.
    """

    def __init__(self, acts: Acts, until: np.datetime64, product_ids: Sequence[str]) -> None:
        self.columns = {name: column for column, name in enumerate(product_ids)}
        past = [
            list(dict.fromkeys(acts.product_ids[start:end][acts.times[start:end] < until]))
            for start, end in acts.spans.values()
        ]
        self.model = ShrunkCosine(SHRINK).fit(to_matrix(past, self.columns))

    def scores(self, product_ids: Sequence[str], history: History) -> NDArray[np.floating]:
        """How near each product is to the history."""
        row: csr_matrix = to_matrix([history.product_ids], self.columns)
        near = np.asarray((row @ self.model.similarity).todense()).ravel()
        return near[[self.columns[name] for name in product_ids]]
