"""What each shopper was shown and did, from every table that knows shoppers."""

import pandas as pd

from engine.labelling.histories import shoppers
from engine.tables.tables import Tables, summary

COLUMNS = ("time", "event", "product_id", "query", "rating")
ACTS = ("click", "add_to_cart", "purchase")


def build_timeline(tables: Tables, user_id: str) -> pd.DataFrame:
    """The log, orders and reviews of one shopper in time order: `COLUMNS`.

    `event` is one of the log's events or `review`; an order is a `purchase`. Rows without a time
    come first, rows about products that the catalog lacks are left out.
    """
    log, orders, reviews = tables.searches, tables.orders, tables.reviews
    parts = [
        log[shoppers(log).eq(user_id) & log["product_id"].notna()],
        orders[orders["user_id"].eq(user_id)].assign(event="purchase"),
        reviews[reviews["user_id"].eq(user_id) & reviews["product_id"].notna()].assign(
            event="review"
        ),
    ]
    rows = pd.concat([part.reindex(columns=COLUMNS) for part in parts if len(part)] or [_none()])
    rows["time"] = pd.to_datetime(rows["time"])
    rows = rows[rows["product_id"].isin(tables.products["product_id"])]
    # An order may be in the log as well.
    rows = rows.drop_duplicates(["time", "event", "product_id"])
    return rows.sort_values("time", kind="stable", na_position="first", ignore_index=True)


@summary
def count_acts(tables: Tables) -> pd.Series:
    """How many clicks, carts and orders each shopper has, the most first."""
    log = tables.columns("searches", "event", "user_id", "session_id")
    bought = tables.columns("orders", "user_id")["user_id"]
    names = pd.concat([shoppers(log[log["event"].isin(ACTS)]), bought]).dropna()
    counts: pd.Series = names.value_counts(sort=True)
    return counts


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=list(COLUMNS))
