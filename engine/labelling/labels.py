"""What each query of the log means: labels given, labels from behaviour, labels from rules."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from engine.tables.categories import cut_path
from engine.tables.events import EVENT_WEIGHTS
from engine.tables.tables import Tables
from engine.text.words import normalise, words

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


@cache
def labelling() -> Mapping[str, Mapping[str, object]]:
    """`labelling.toml`: patterns and descriptions by intent, in order of precedence."""
    text = Path(__file__).with_name("labelling.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def collect_queries(tables: Tables) -> pd.DataFrame:
    """The distinct queries of the search log, one row each.

    Columns: `query` (normalised), `input` (as most people typed it), `count` (sessions that asked
    it, or rows where sessions are unknown), `first_seen` (UTC or null).
    """
    log = tables.searches
    frame = pd.DataFrame(
        {
            "input": log["query"].astype("object"),
            "time": pd.to_datetime(log["time"], utc=True, errors="coerce"),
            "session": log["session_id"].astype("object"),
        }
    ).dropna(subset="input")
    frame["query"] = frame["input"].map({text: normalise(text) for text in frame["input"].unique()})
    frame = frame[frame["query"] != ""]
    typed = (
        frame.groupby(["query", "input"], sort=True).size().rename("n").reset_index()
        .sort_values(["query", "n"], ascending=[True, False], kind="stable")
        .drop_duplicates("query").set_index("query")["input"]
    )  # fmt: skip
    known = frame.dropna(subset="session").drop_duplicates(["query", "session"])
    searches = (known if len(known) else frame).groupby("query").size()
    found = pd.DataFrame(
        {
            "input": typed,
            "count": searches.reindex(typed.index, fill_value=1),
            "first_seen": frame.groupby("query")["time"].min(),
        }
    )
    return found.rename_axis("query").reset_index()


def given_intents(tables: Tables) -> pd.Series:
    """The intent that the log's own column gives a query most often, by normalised query.

    Values that are not one of `INTENTS` are left out; a tie gives the first in `INTENTS`' order.
    """
    log = tables.searches[["query", "intent"]].dropna()
    return _majority(log["query"].map(normalise), log["intent"].map(_code))


def corrected(tables: Tables, head: str) -> pd.Series:
    """The labels set by hand for `head` of the task `intent`, by normalised query."""
    hand = tables.corrections
    hand = hand[(hand["task"] == "intent") & (hand["head"] == head)]
    labels = hand.set_index(hand["input"].map(normalise))["label"].astype("object")
    return labels[~labels.index.duplicated(keep="last")]


def category_votes(tables: Tables) -> pd.DataFrame:
    """What people chose after a query: columns `query, category, weight`, weights summed.

    `category` is the whole path of the product; see `EVENT_WEIGHTS`. Position is not corrected for:
    the products shown for a query mostly share its category, so a click's place says little here.
    """
    log = tables.searches[["query", "product_id", "event"]].dropna()
    log = log[log["event"].isin(list(EVENT_WEIGHTS))]
    paths = tables.products.dropna(subset=["product_id", "category"])
    path_of = dict(zip(paths["product_id"], paths["category"], strict=True))
    votes = pd.DataFrame(
        {
            "query": log["query"].map(normalise),
            "category": log["product_id"].map(path_of).astype("object"),
            "weight": log["event"].map(EVENT_WEIGHTS).astype(float),
        }
    ).dropna()
    return votes.groupby(["query", "category"], as_index=False).sum()


def category_labels(votes: pd.DataFrame, level: int) -> pd.DataFrame:
    """The category most chosen after each query, at `level` names of the path.

    Indexed by query, columns `category`, `weight` (all votes of the query) and `share` (of the
    votes, the winner's part from 0 to 1).
    """
    names = votes["category"].map({path: cut_path(path, level) for path in set(votes["category"])})
    sums = votes.assign(category=names).groupby(["query", "category"], as_index=False).sum()
    total = sums.groupby("query")["weight"].sum()
    best = sums.sort_values(["query", "weight", "category"], ascending=[True, False, True])
    best = best.drop_duplicates("query").set_index("query")
    share = best["weight"] / total
    return pd.DataFrame({"category": best["category"], "weight": total, "share": share})


@dataclass(frozen=True)
class Rules:
    """Labelling functions: what a query's wording says about its intent, given the catalog.

    Weak supervision as in Ratner et al. 2017 (Snorkel), with votes counted instead of modelled:
    the functions here hardly overlap.
    """

    products: pd.DataFrame

    @cached_property
    def _brands(self) -> set[str]:
        return set(self.products["brand"].dropna().map(normalise)) - {""}

    @cached_property
    def _category_words(self) -> set[str]:
        paths = self.products["category"].dropna().unique()
        return {word for path in paths for word in words(path)}

    @cached_property
    def _models(self) -> set[str]:
        found = (re.findall(r"[\w-]+", normalise(title)) for title in self.products["title"])
        return {token for tokens in found for token in tokens if _is_model(token)}

    @cached_property
    def _titles(self) -> Mapping[str, set[int]]:
        places: dict[str, set[int]] = {}
        for row, title in enumerate(self.products["title"]):
            for word in set(words(title)):
                places.setdefault(word, set()).add(row)
        return places

    def votes(self, query: str) -> list[str]:
        """The intents whose functions fire on a normalised query, strongest first."""
        return [
            intent
            for intent, patterns in _patterns().items()
            if any(pattern.search(query) for pattern in patterns) or self._catalog(intent, query)
        ]

    def _catalog(self, intent: str, query: str) -> bool:
        if intent == "exact_product":
            return self._names_one_product(query)
        terms = set(words(query))
        if intent == "browse_category":
            return bool(terms) and terms <= self._category_words
        if intent == "by_attribute":
            inside = terms & self._category_words
            return bool(inside) and bool(terms - inside) and terms <= self._titles.keys()
        return False

    def _names_one_product(self, query: str) -> bool:
        if any(token in self._models for token in re.findall(r"[\w-]+", query)):
            return True
        if not any(brand in query for brand in self._brands):
            return False
        terms = set(words(query))
        places = [self._titles.get(term, set()) for term in terms]
        return len(terms) > 2 and len(set.intersection(*places)) in (1, 2)


def weak_intents(queries: Iterable[str], products: pd.DataFrame) -> pd.DataFrame:
    """What the labelling functions say of normalised queries, in their order.

    Columns `intent` (the strongest vote or null) and `agreed` (whether it was the only vote).
    """
    rules = Rules(products)
    votes = [rules.votes(query) for query in queries]
    return pd.DataFrame(
        {
            "intent": np.array([vote[0] if vote else None for vote in votes], dtype=object),
            "agreed": [len(vote) == 1 for vote in votes],
        }
    )


@cache
def _patterns() -> dict[str, list[re.Pattern[str]]]:
    return {
        intent: [re.compile(text) for text in about["patterns"]]  # type: ignore[attr-defined]
        for intent, about in labelling().items()
    }


def _is_model(token: str) -> bool:
    mixed = re.search(r"[a-z]", token) and re.search(r"\d", token)
    unit = re.fullmatch(r"\d+([.,]\d+)?[a-z]{1,4}", token)
    return bool(mixed and not unit and len(token) > 2)


def _code(label: str) -> str:
    return "_".join(str(label).strip().lower().replace("-", " ").split())


def _majority(keys: pd.Series, labels: pd.Series) -> pd.Series:
    known = labels.isin(INTENTS)
    frame = pd.DataFrame({"key": keys[known], "label": labels[known]})
    counts = frame.groupby(["key", "label"]).size().rename("n").reset_index()
    counts["rank"] = counts["label"].map(INTENTS.index)
    counts = counts.sort_values(["key", "n", "rank"], ascending=[True, False, True])
    return counts.drop_duplicates("key").set_index("key")["label"].astype("object")
