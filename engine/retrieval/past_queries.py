"""What shoppers of a shop searched for, as far as others may be told of it."""

import pandas as pd

from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables
from engine.text.private import is_private
from engine.text.words import normalise

# Fewer people than these may be one household: what they typed stays with them.
LEAST_PEOPLE = 3
# A query's share of clicks is read as if this many more sessions had clicked like all others do.
PRIOR_SESSIONS = 5


def past_queries(tables: Tables) -> pd.DataFrame:
    """The queries of the log that may be suggested, the most useful first.

    Columns: `query` (as most people typed it), `searches` (sessions), `products` (distinct products
    clicked after it), `weight` (searches times the smoothed share of them that led to a click).
    A query is left out if it looks private (`engine.text.private`) or if fewer than
    `LEAST_PEOPLE` people typed it, each in a session of their own. A person is a user, or a session
    whose user is unknown; rows that name neither count as one person together.
    """
    log = tables.searches
    rows = pd.DataFrame(
        {
            "typed": log["query"].astype("object"),
            "session": log["session_id"].astype("object").fillna(log["user_id"]).fillna(""),
            "person": log["user_id"].astype("object").fillna(log["session_id"]).fillna(""),
            "product": log["product_id"].astype("object"),
            "clicked": log["event"].isin(EVENT_WEIGHTS),
        }
    ).dropna(subset="typed")
    rows["query"] = rows["typed"].map({text: normalise(text) for text in rows["typed"].unique()})
    people = rows.groupby("query")[["person", "session"]].nunique().min(axis=1)
    shared = people.index[people >= LEAST_PEOPLE]
    shared = shared[[bool(query) and not is_private(query) for query in shared]]
    rows = rows[rows["query"].isin(shared)]
    columns = ["query", "searches", "products", "weight"]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    sessions = rows.groupby(["query", "session"])["clicked"].max().groupby("query")
    searches, clicked = sessions.size(), sessions.sum()
    usual = clicked.sum() / searches.sum()
    share = (clicked + PRIOR_SESSIONS * usual) / (searches + PRIOR_SESSIONS)
    typed = rows.groupby("query")["typed"].agg(lambda texts: texts.value_counts().index[0])
    found = pd.DataFrame(
        {
            "query": typed,
            "searches": searches,
            "products": rows[rows["clicked"]].groupby("query")["product"].nunique(),
            "weight": searches * share,
        }
    )
    found["products"] = found["products"].fillna(0).astype(int)
    found = found.rename_axis("form").reset_index()
    order = found.sort_values(["weight", "form"], ascending=[False, True], kind="stable")
    return order[columns].reset_index(drop=True)
