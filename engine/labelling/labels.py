"""What the queries of a log mean: labels in the log, labels by hand, labels from behaviour."""

import pandas as pd

from engine.tables.categories import cut_path
from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables, summary
from engine.tables.texts import normalise_texts
from engine.text.words import normalise

INTENTS = (
    "browse_category",
    "exact_product",
    "by_attribute",
    "deal",
    "gift",
    "problem",
    "service",
)
OTHER = "other"
# Of a longer log, so many queries are shown, labelled and answered; the most frequent ones.
MOST_FREQUENT = 2000


@summary
def collect_queries(tables: Tables) -> pd.DataFrame:
    """The distinct queries of the search log, one row each.

    Columns: `query` (normalised), `input` (in its most common spelling), `count` (sessions, or rows
    if no sessions are known), `first_seen` (UTC or null).
    """
    log = tables.columns("searches", "query", "time", "session_id")
    frame = pd.DataFrame(
        {
            "input": log["query"].astype("object"),
            "time": pd.to_datetime(log["time"], utc=True, errors="coerce"),
            "session": log["session_id"].astype("object"),
        }
    ).dropna(subset="input")
    frame["query"] = normalise_texts(frame["input"])
    frame = frame[frame["query"] != ""]
    spellings = frame.groupby(["query", "input"], sort=True).size().rename("n").reset_index()
    spellings = spellings.sort_values(["query", "n"], ascending=[True, False], kind="stable")
    usual = spellings.drop_duplicates("query").set_index("query")["input"]
    sessions = frame.dropna(subset="session").drop_duplicates(["query", "session"])
    searches = (sessions if len(sessions) else frame).groupby("query").size()
    queries = pd.DataFrame(
        {
            "input": usual,
            "count": searches.reindex(usual.index, fill_value=1),
            "first_seen": frame.groupby("query")["time"].min(),
        }
    )
    return queries.rename_axis("query").reset_index()


@summary
def frequent_queries(tables: Tables) -> pd.DataFrame:
    """The rows of `collect_queries` for the `MOST_FREQUENT` queries, most frequent first."""
    queries = collect_queries(tables).sort_values(["count", "query"], ascending=[False, True])
    return queries.head(MOST_FREQUENT).reset_index(drop=True)


@summary
def searches_by_day(tables: Tables) -> pd.DataFrame:
    """How many searches there were: columns `key`, `day` (its first moment in UTC), `searches`.

    `key` is the normalised query, and empty for all that are not in `frequent_queries`. Rows of one
    session with the same query are one search, of the day on which it began; rows without a time
    are left out.
    """
    log = tables.columns("searches", "query", "session_id", "time")
    times = pd.to_datetime(log["time"], utc=True, errors="coerce")
    keys = normalise_texts(log["query"])
    frame = pd.DataFrame({"key": keys, "session": log["session_id"], "time": times})
    frame = frame.dropna(subset=["key", "time"])
    has_session = frame["session"].notna()
    first = frame[has_session].sort_values("time").drop_duplicates(["key", "session"])
    searches = pd.concat([first, frame[~has_session]])
    searches["day"] = searches["time"].dt.normalize()
    frequent = searches["key"].isin(frequent_queries(tables)["query"])
    searches["key"] = searches["key"].where(frequent, "")
    return searches.groupby(["key", "day"]).size().rename("searches").reset_index()


@summary
def logged_intents(tables: Tables) -> pd.Series:
    """The most common value of the log's intent column for each normalised query.

    Values that are not in `INTENTS` are ignored; of equally common ones the first in `INTENTS`
    wins.
    """
    log = tables.columns("searches", "query", "intent").dropna()
    return _majority(normalise_texts(log["query"]), log["intent"].map(_code))


def corrected(tables: Tables, task: str, head: str) -> pd.Series:
    """The labels set by hand for `head` of `task`, by normalised text."""
    hand = tables.corrections
    hand = hand[(hand["task"] == task) & (hand["head"] == head)]
    labels = hand.set_index(hand["input"].map(normalise))["label"].astype("object")
    return labels[~labels.index.duplicated(keep="last")]


@summary
def category_votes(tables: Tables) -> pd.DataFrame:
    """The categories that people chose from after a query: columns `query, category, weight`.

    `category` is the whole path, `weight` the sum of `EVENT_WEIGHTS`. There is no correction for
    position: most products shown for a query share a category, so position hardly matters here.
    """
    log = tables.columns("searches", "query", "product_id", "event").dropna()
    log = log[log["event"].isin(list(EVENT_WEIGHTS))]
    paths = tables.products.dropna(subset=["product_id", "category"])
    path_of = dict(zip(paths["product_id"], paths["category"], strict=True))
    votes = pd.DataFrame(
        {
            "query": normalise_texts(log["query"]),
            "category": log["product_id"].map(path_of).astype("object"),
            "weight": log["event"].map(EVENT_WEIGHTS).astype(float),
        }
    ).dropna()
    return votes.groupby(["query", "category"], as_index=False).sum()


def category_labels(votes: pd.DataFrame, level: int) -> pd.DataFrame:
    """The category chosen most after each query, its path cut to `level` names.

    Indexed by query; columns `category`, `weight` (all votes of the query) and `share` (the
    winner's share of the votes, 0 to 1).
    """
    names = votes["category"].map({path: cut_path(path, level) for path in set(votes["category"])})
    sums = votes.assign(category=names).groupby(["query", "category"], as_index=False).sum()
    total = sums.groupby("query")["weight"].sum()
    best = sums.sort_values(["query", "weight", "category"], ascending=[True, False, True])
    best = best.drop_duplicates("query").set_index("query")
    share = best["weight"] / total
    return pd.DataFrame({"category": best["category"], "weight": total, "share": share})


def _code(label: str) -> str:
    return "_".join(str(label).strip().lower().replace("-", " ").split())


def _majority(keys: pd.Series, labels: pd.Series) -> pd.Series:
    valid = labels.isin(INTENTS)
    frame = pd.DataFrame({"key": keys[valid], "label": labels[valid]})
    counts = frame.groupby(["key", "label"]).size().rename("n").reset_index()
    counts["rank"] = counts["label"].map(INTENTS.index)
    counts = counts.sort_values(["key", "n", "rank"], ascending=[True, False, True])
    return counts.drop_duplicates("key").set_index("key")["label"].astype("object")
