"""How novel and how old products are at a moment, from what the log had shown by then."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.tables.tables import Tables, summary
from engine.tasks.interest.shop_columns import read_columns

# Ages tell something where at least this share of the catalog came in the later half of the log.
ENOUGH_NEW = 0.05
_DAY = np.timedelta64(1, "D")


@summary
def tells_age(tables: Tables) -> bool:
    """Whether the products of a shop came at different times."""
    log = tables.columns("searches", "time", "event", "product_id")
    return Novelty(tables.products, log).tells_age


class Novelty:
    """The self-information and the age of a catalog's products over the time of its search log.

    A product dates from the day in its own date column (`dated`), else from the first time the log
    shows it.
    """

    def __init__(self, products: pd.DataFrame, searches: pd.DataFrame) -> None:
        self.product_ids: list[str] = products["product_id"].tolist()
        timed = searches[["time", "event", "product_id"]].dropna(subset=["time", "product_id"])
        timed = timed.assign(time=pd.to_datetime(timed["time"]))
        self._seen = timed.groupby("product_id")["time"].min()
        clicks = timed[timed["event"].eq("click")].sort_values("time")
        self._clicks = clicks["time"].to_numpy()
        self.span = (timed["time"].min(), timed["time"].max())
        dates = read_columns(products).dates
        self.dated = bool(dates)
        self._since = dict(dates) if dates else self._seen.to_dict()

    @cached_property
    def tells_age(self) -> bool:
        """Whether ages differ enough to rank by: in a log, some products have to come later."""
        if self.dated:
            return len(set(self._since.values())) > 1
        if not self._since:
            return False
        start, end = self.span
        later = sum(since > start + (end - start) / 2 for since in self._since.values())
        return bool(later >= ENOUGH_NEW * len(self.product_ids))

    def self_information(
        self, clicks: NDArray[np.floating], moment: pd.Timestamp | None
    ) -> NDArray[np.floating]:
        """The self-information −log2 p of products with so many `clicks` by a moment, in bits.

        p is the share of all clicks by then, with one click more for each product of the catalog,
        so that one that nobody clicked has a finite novelty. Source: Castells, Hurley and Vargas
        (Recommender Systems Handbook, 2015), section 26.3.
        """
        total = len(self._clicks)
        if moment is not None:
            total = int(np.searchsorted(self._clicks, np.datetime64(moment), side="left"))
        bits: NDArray[np.floating] = np.log2(total + len(self.product_ids)) - np.log2(
            np.asarray(clicks, dtype=float) + 1
        )
        return bits

    def ages(self, product_ids: Sequence[str], moment: pd.Timestamp | None) -> NDArray[np.floating]:
        """How many days old products are at a moment or at the log's end (None).

        0 for those that come later or have no date.
        """
        now = np.datetime64(self.span[1] if moment is None else moment)
        days = [(now - np.datetime64(self._since.get(name, now))) / _DAY for name in product_ids]
        ages: NDArray[np.floating] = np.maximum(np.array(days, dtype=float), 0)
        return ages
