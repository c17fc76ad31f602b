"""From moments with their products to the rows that the net takes."""

from collections.abc import Sequence

import numpy as np
import torch

from engine.tasks.interest.catalog import Catalog
from engine.tasks.interest.features import PairRows, compute_features
from engine.tasks.interest.moments import Moment
from engine.tasks.interest.net import Pairs, Vectors
from engine.tasks.interest.query_vectors import QueryVectors


def pair(
    catalog: Catalog, moments: Sequence[Moment], queries: QueryVectors, most: int
) -> tuple[Pairs, Vectors]:
    """Every moment with each of its products, in order, and the vectors that they refer to.

    The last `most` products of a history are looked at.
    """
    # Columns that no history fills would be computed for nothing.
    longest = max((len(moment.history.product_ids) for moment in moments), default=0)
    most = max(1, min(most, longest))
    histories = np.full((len(moments), most), -1)
    strengths = np.zeros((len(moments), most), dtype=np.float32)
    for row, moment in enumerate(moments):
        names = moment.history.product_ids[-most:]
        histories[row, : len(names)] = catalog.rows_of(names)
        strengths[row, : len(names)] = moment.history.strengths[-most:]
    counts = [len(moment.product_ids) for moment in moments]
    products = [np.array(catalog.rows_of(moment.product_ids), dtype=np.intp) for moment in moments]
    closeness = [
        catalog.vectors[own] @ catalog.vectors[history].T
        for own, history in zip(products, histories, strict=True)
    ]
    query_rows = np.array([queries.rows.get(moment.query, -1) for moment in moments], dtype=np.intp)
    positions = [moment.positions or [0] * len(moment.product_ids) for moment in moments]
    owner = np.repeat(np.arange(len(moments)), counts)
    rows = PairRows(
        products=np.concatenate(products),
        queries=query_rows[owner],
        histories=histories[owner],
        strengths=strengths[owner],
        closeness=np.concatenate(closeness),
        ctrs=np.concatenate([np.asarray(moment.ctrs, float) for moment in moments]),
        query_ctrs=np.concatenate([np.asarray(moment.query_ctrs, float) for moment in moments]),
    )
    features = compute_features(catalog, queries, rows)
    pairs = Pairs(
        torch.from_numpy(rows.products),
        torch.from_numpy(rows.queries),
        torch.from_numpy(rows.histories),
        torch.from_numpy(rows.strengths),
        torch.from_numpy(features.matrix()),
        torch.from_numpy(np.concatenate([np.array(row, dtype=np.intp) for row in positions])),
    )
    return pairs, Vectors(torch.from_numpy(catalog.vectors), torch.from_numpy(queries.vectors))
