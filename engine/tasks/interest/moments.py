"""A shopper at a moment, with a query and the products in question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from engine.labelling.histories import History


@dataclass(frozen=True)
class Moment:
    """A shopper with a history and a query (or ""), and the products in question.

    `ctrs` are the smoothed click-through rates of the products by then, `query_ctrs` those as an
    answer to this query, both 0 to 1 (see `engine.labelling.histories`); `positions` where each
    stood on the page, from 1, if it was shown.
    """

    history: History
    query: str
    product_ids: Sequence[str]
    ctrs: Sequence[float]
    query_ctrs: Sequence[float]
    positions: Sequence[int] = ()


def list_moments(part: pd.DataFrame) -> Iterator[Moment]:
    """The pages of a part of the dataset as moments."""
    names = ("history", "strengths", "query", "product_ids", "ctrs", "query_ctrs", "positions")
    for product_ids, strengths, *rest in zip(*(part[name] for name in names), strict=True):
        yield Moment(History(product_ids, strengths), *rest)
