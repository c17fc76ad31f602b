"""What a shop knows of a product for a shopper beside its text, as numbers for the net."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from engine.tasks.interest.catalog import Catalog, Floats, Rows
from engine.tasks.interest.query_vectors import QueryVectors


@dataclass(frozen=True)
class Features:
    """The columns of the features, each of shape (pairs,).

    Saved nets know the columns by their order, which is that of the fields here.
    """

    # The cosine of query and product, and the same in standard deviations of the catalog; 0 and 0
    # without a query.
    query: NDArray[np.floating]
    query_z: NDArray[np.floating]
    # The logarithms of the smoothed click-through rate, everywhere and for this query.
    popularity: NDArray[np.floating]
    query_ctr: NDArray[np.floating]
    # How expensive the product is for its category, in standard deviations.
    price_z: NDArray[np.floating]
    # The cosine of the product and the history, on average and at most.
    history: NDArray[np.floating]
    nearest: NDArray[np.floating]
    # The shares of the history with the product's brand and category.
    brand: NDArray[np.floating]
    category: NDArray[np.floating]
    # How near the price is to those of the history, 0 at most, in standard deviations.
    price: NDArray[np.floating]
    # The logarithm of 1 + all strengths of the history.
    history_weight: NDArray[np.floating]

    @classmethod
    def of(cls, matrix: NDArray[np.floating]) -> Self:
        """The columns of such a matrix as `matrix` gives."""
        return cls(*matrix.T)

    def matrix(self) -> Floats:
        """The columns side by side, shape (pairs, features)."""
        return np.stack([getattr(self, name) for name in FEATURES], axis=1, dtype=np.float32)


FEATURES = tuple(field.name for field in fields(Features))


@dataclass(frozen=True)
class PairRows:
    """Moments and products, one row per pair.

    `products` (pairs,) and `histories` (pairs, most) are rows of the catalog, `queries` (pairs,)
    rows of the queries; -1 stands for no query and for the empty places of a history. `strengths`
    (pairs, most) say how much each act counts, `closeness` (pairs, most) is the cosine of the
    product and each product of the history. `ctrs` and `query_ctrs` (pairs,) are as in `Moment`.
    """

    products: Rows
    queries: Rows
    histories: Rows
    strengths: Floats
    closeness: Floats
    ctrs: NDArray[np.float64]
    query_ctrs: NDArray[np.float64]


def compute_features(catalog: Catalog, queries: QueryVectors, pairs: PairRows) -> Features:
    """The features of every pair; those that compare with the history are 0 without one."""
    total = pairs.strengths.sum(axis=1)
    shares = pairs.strengths / np.where(total > 0, total, 1)[:, None]
    cosine = np.einsum("pd,pd->p", catalog.vectors[pairs.products], queries.vectors[pairs.queries])
    return Features(
        query=cosine,
        query_z=_query_z(cosine, catalog, queries, pairs.queries),
        popularity=np.log(pairs.ctrs),
        query_ctr=np.log(pairs.query_ctrs),
        price_z=catalog.price_z[pairs.products],
        history=_average(shares, pairs.closeness.T),
        nearest=pairs.closeness.max(axis=1, initial=0, where=pairs.histories >= 0),
        brand=_share_of_same(catalog.brands, pairs, shares),
        category=_share_of_same(catalog.categories, pairs, shares),
        price=np.where(total > 0, -_price_distance(catalog.price_z, pairs, shares), 0),
        history_weight=np.log1p(total),
    )


def _query_z(cosine: Floats, catalog: Catalog, queries: QueryVectors, rows: Rows) -> Floats:
    """How far a cosine is above that of the query and the catalog, in standard deviations."""
    mean = queries.vectors @ catalog.mean
    # Rounding may leave the variance of no query just below 0.
    variance = ((queries.vectors @ catalog.covariance) * queries.vectors).sum(axis=1)
    spread = np.sqrt(np.maximum(variance, 0))
    scores = (cosine - mean[rows]) / np.maximum(spread[rows], 1e-6)
    return np.where(rows >= 0, scores, 0)


def _average(shares: NDArray[np.floating], values: Iterable[NDArray[np.generic]]) -> Floats:
    """The average over a history by `shares` (pairs, most) of the `values` of each of its places.

    Place by place: a matrix of all of them would be as large as the histories themselves.
    """
    average = np.zeros(len(shares), dtype=np.float32)
    for share, value in zip(shares.T, values, strict=True):
        average += share * value
    return average


def _share_of_same(codes: Rows, pairs: PairRows, shares: NDArray[np.floating]) -> Floats:
    """The share of the history with the product's code; a product without one (-1) has 0."""
    own = codes[pairs.products]
    return _average(shares, ((codes[rows] == own) & (own >= 0) for rows in pairs.histories.T))


def _price_distance(price_z: Floats, pairs: PairRows, shares: NDArray[np.floating]) -> Floats:
    """How far the product's price is from the average of the history."""
    usual = _average(shares, (price_z[rows] for rows in pairs.histories.T))
    distance: Floats = np.abs(usual - price_z[pairs.products])
    return distance
