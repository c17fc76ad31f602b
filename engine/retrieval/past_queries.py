"""What shoppers searched for, as far as it may be suggested to others."""

import pandas as pd

from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables, summary
from engine.tables.texts import normalise_texts
from engine.text.private import is_private

# A query typed by fewer people than this could identify a household.
LEAST_PEOPLE = 3
# The click rate of a query is smoothed as if this many more sessions had clicked as on average.
PRIOR_SESSIONS = 5


@summary
def past_queries(tables: Tables) -> pd.DataFrame:
    """The queries of the log that may be suggested, the most useful first.

    Columns: `query` (in its most common spelling), `searches` (sessions), `products` (distinct
    products clicked after it), `weight` (searches times the smoothed click rate). Left out are
    queries that look private (`engine.text.private`) and those typed by fewer than `LEAST_PEOPLE`
    people, each in a session of their own. A person is a user, or a session whose user is unknown;
    all rows that name neither count as one person.
    """
    log = tables.columns("searches", "query", "session_id", "user_id", "product_id", "event")
    rows = pd.DataFrame(
        {
            "typed": log["query"].astype("object"),
            "session": log["session_id"].astype("object").fillna(log["user_id"]).fillna(""),
            "person": log["user_id"].astype("object").fillna(log["session_id"]).fillna(""),
            "product": log["product_id"].astype("object"),
            "clicked": log["event"].isin(EVENT_WEIGHTS),
        }
    ).dropna(subset="typed")
    rows["query"] = normalise_texts(rows["typed"])
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
    summary = pd.DataFrame(
        {
            "query": typed,
            "searches": searches,
            "products": rows[rows["clicked"]].groupby("query")["product"].nunique(),
            "weight": searches * share,
        }
    )
    summary["products"] = summary["products"].fillna(0).astype(int)
    summary = summary.rename_axis("form").reset_index()
    order = summary.sort_values(["weight", "form"], ascending=[False, True], kind="stable")
    return order[columns].reset_index(drop=True)
