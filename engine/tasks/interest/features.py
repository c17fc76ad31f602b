"""What a shop knows of a product beside its text: from a moment and a product to numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from engine.labelling.histories import History
from engine.tables.categories import leaves
from engine.tables.prices import price_z
from engine.tasks.interest.net import Pairs, Vectors

# What is compared with the history: mean and nearest closeness, the shares of it of the same brand
# and category, how near its prices are, and how much of it there is.
COMPARED = ("history", "nearest", "brand", "category", "price", "history_weight")
FACTS = ("query", "query_z", "popularity", "query_ctr", "price_z", *COMPARED)
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """A shopper with a history and a query (or ""), and the products in question.

    `ctrs` are the smoothed click-through rates of the products by then, `query_ctrs` those as an
    answer to this query, both 0 to 1 (see `labelling.histories`); `positions`
    where each stood, from 1, if it was shown.
    """

    history: History
    query: str
    product_ids: Sequence[str]
    ctrs: Sequence[float]
    query_ctrs: Sequence[float]
    positions: Sequence[int] = ()


@dataclass(frozen=True)
class Queries:
    """Queries and their vectors; one row more than there are queries, for no query."""

    rows: Mapping[str, int]
    vectors: Floats

    @classmethod
    def of(cls, known: Mapping[str, Floats], dimension: int) -> Self:
        """Each query of `known` with its vector."""
        stacked = [*known.values(), np.zeros(dimension, dtype=np.float32)]
        return cls({text: row for row, text in enumerate(known)}, np.stack(stacked))


class Shelf:
    """A catalog with its vectors, shape (products, dimension).

    `price_z` of a product is how far its price is above what its category's products cost, in
    standard deviations of the logarithm.
    """

    def __init__(self, products: pd.DataFrame, vectors: Floats) -> None:
        self.rows = {name: row for row, name in enumerate(products["product_id"])}
        self.vectors = vectors
        self.mean = vectors.mean(axis=0) if len(vectors) else np.zeros(vectors.shape[1], np.float32)
        centred = vectors - self.mean
        self.covariance = centred.T @ centred / max(len(vectors), 1)
        leaf = leaves(products["category"])
        self.brands = _codes(products["brand"].fillna("").to_numpy(dtype=object))
        self.leaves = _codes(np.array(leaf, dtype=object))
        self.price_z = price_z(products["price"], leaf)

    def tensors(self, queries: Queries) -> Vectors:
        """The vectors as the net takes them."""
        return Vectors(torch.from_numpy(self.vectors), torch.from_numpy(queries.vectors))

    def pair(self, moments: Sequence[Moment], queries: Queries, most: int) -> Pairs:
        """Every moment with each of its products, in order; `most` of a history are looked at."""
        # Places that no history fills would be worked out for nothing.
        longest = max((len(moment.history.product_ids) for moment in moments), default=0)
        most = max(1, min(most, longest))
        counts = [len(moment.product_ids) for moment in moments]
        histories = np.full((len(moments), most), -1)
        strengths = np.zeros((len(moments), most), dtype=np.float32)
        for row, moment in enumerate(moments):
            names = moment.history.product_ids[-most:]
            histories[row, : len(names)] = [self.rows[name] for name in names]
            strengths[row, : len(names)] = moment.history.strengths[-most:]
        asked = np.array([queries.rows.get(moment.query, -1) for moment in moments], dtype=int)
        products = np.array(
            [self.rows[name] for moment in moments for name in moment.product_ids], dtype=int
        )
        ctrs = np.concatenate([np.asarray(moment.ctrs, float) for moment in moments])
        answers = np.concatenate([np.asarray(moment.query_ctrs, float) for moment in moments])
        positions = np.concatenate([_places(moment) for moment in moments])
        which = np.repeat(np.arange(len(moments)), counts)
        facts = np.zeros((len(products), len(FACTS)), dtype=np.float32)
        near = np.einsum("pd,pd->p", self.vectors[products], queries.vectors[asked[which]])
        facts[:, 0] = near
        facts[:, 1] = self._fit(near, asked[which], queries)
        facts[:, 2] = np.log(ctrs)
        facts[:, 3] = np.log(answers)
        facts[:, 4] = self.price_z[products]
        each = np.split(self.vectors[products], np.cumsum(counts)[:-1])
        closeness = np.concatenate(
            [own @ self.vectors[held].T for own, held in zip(each, histories, strict=True)]
        )
        facts[:, 5:] = self._compare(products, histories[which], strengths[which], closeness)
        columns = (products, asked[which], histories[which], strengths[which], facts, positions)
        return Pairs(*(torch.from_numpy(column) for column in columns))

    def _fit(self, near: Floats, asked: NDArray[np.intp], queries: Queries) -> Floats:
        """How much nearer to its query than the catalog's products are, in standard deviations."""
        mean = queries.vectors @ self.mean
        # Rounding may leave the variance of no query just below 0.
        variance = ((queries.vectors @ self.covariance) * queries.vectors).sum(axis=1)
        spread = np.sqrt(np.maximum(variance, 0))
        found = (near - mean[asked]) / np.maximum(spread[asked], 1e-6)
        return np.where(asked >= 0, found, 0)

    def _compare(
        self,
        products: NDArray[np.intp],
        histories: NDArray[np.intp],
        strengths: Floats,
        closeness: Floats,
    ) -> Floats:
        """How products are like histories: the last of `FACTS`; 0 where there is no history."""
        total = strengths.sum(axis=1)
        shares = strengths / np.where(total > 0, total, 1)[:, None]
        found = np.zeros((len(products), len(COMPARED)), dtype=np.float32)
        dear = np.zeros(len(products), dtype=np.float32)
        for held, share, likeness in zip(histories.T, shares.T, closeness.T, strict=True):
            found[:, 0] += share * likeness
            found[:, 1] = np.where(held >= 0, np.maximum(found[:, 1], likeness), found[:, 1])
            found[:, 2] += share * _same(self.brands, held, products)
            found[:, 3] += share * _same(self.leaves, held, products)
            dear += share * self.price_z[held]
        found[:, 4] = np.where(total > 0, -np.abs(dear - self.price_z[products]), 0)
        found[:, 5] = np.log1p(total)
        return found


def _places(moment: Moment) -> NDArray[np.intp]:
    return np.array(moment.positions or [0] * len(moment.product_ids), dtype=int)


def _codes(values: NDArray[Any]) -> NDArray[np.intp]:
    """A number for each distinct text, -1 for ""."""
    codes, names = pd.factorize(values)
    return np.where(np.asarray(names, dtype=object)[codes] == "", -1, codes)


def _same(
    codes: NDArray[np.intp], one: NDArray[np.intp], other: NDArray[np.intp]
) -> NDArray[np.bool_]:
    return (codes[one] == codes[other]) & (codes[one] >= 0)
