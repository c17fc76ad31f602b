"""Which products answer which queries: what search learns from and is measured with."""

from collections import defaultdict
from pathlib import Path
from typing import Literal

import pandas as pd

from engine.errors import InputError
from engine.labelling.clicks import clicked
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.text.words import normalise

Source = Literal["judgments", "clicks", "catalog"]

ENOUGH_QUERIES = 20
QUERY_WORDS = 12


def count_queries(tables: Tables) -> dict[Source, int]:
    """How many queries with a relevant product in the catalog each source has."""
    return {
        "judgments": len(_judged(tables)),
        "clicks": len(_clicked(tables)),
        "catalog": int(tables.products["description"].notna().sum()),
    }


def best_source(tables: Tables) -> Source:
    """Judgments if there are enough, else clicks, else the catalog itself."""
    counts = count_queries(tables)
    for source in ("judgments", "clicks"):
        if counts[source] >= ENOUGH_QUERIES:
            return source
    return "catalog"


def query_qrels(tables: Tables, source: Source) -> pd.DataFrame:
    """One row per query: `query`, `qrels` (product id → grade 0 to 3), `weights`, `first_seen`.

    `weights` (product id → weight) say how much each relevant product counts in training. With the
    catalog as source, the beginning of each description serves as a query for its product (like the
    inverse cloze task of Lee, Chang and Toutanova, ACL 2019), which is good to learn from but too
    easy to measure with.
    """
    return {"judgments": _judged, "clicks": _clicked, "catalog": _described}[source](tables)


def _judged(tables: Tables) -> pd.DataFrame:
    """The judgments table, overruled by the judgments made on the page."""
    hand = tables.corrections[tables.corrections["task"] == "search"]
    hand = hand.rename(columns={"input": "query", "head": "product_id", "label": "relevance"})
    columns = ["query", "product_id", "relevance"]
    rows = pd.concat([tables.judgments[columns], hand[columns]], ignore_index=True)
    rows = rows.drop_duplicates(["query", "product_id"], keep="last")
    rows = rows.assign(
        query=rows["query"].map(normalise),
        grade=pd.to_numeric(rows["relevance"]).round().astype(int),
        weight=pd.to_numeric(rows["relevance"]),
        first_seen=pd.Series(pd.NaT, rows.index),
    )
    return _by_query(rows, tables)


def _clicked(tables: Tables) -> pd.DataFrame:
    return _by_query(clicked(tables), tables)


def _described(tables: Tables) -> pd.DataFrame:
    rows = tables.products.dropna(subset=["description"])
    starts = rows["description"].map(_start)
    return _by_query(
        pd.DataFrame(
            {
                "query": starts,
                "product_id": rows["product_id"],
                "grade": 3,
                "weight": 1.0,
                "first_seen": pd.NaT,
            }
        ),
        tables,
    )


def _by_query(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    in_catalog = rows["product_id"].isin(tables.products["product_id"])
    rows = rows[in_catalog & rows["query"].notna() & rows["query"].ne("")]
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    weights: dict[str, dict[str, float]] = defaultdict(dict)
    first_seen: dict[str, object] = {}
    columns = ("query", "product_id", "grade", "weight", "first_seen")
    # Plain lists, because a frame per query would cost a page seconds.
    cells = zip(*(rows[name].tolist() for name in columns), strict=True)
    for query, product_id, grade, weight, time in cells:
        grades[query][product_id] = int(grade)
        weights[query][product_id] = float(weight)
        first_seen.setdefault(query, time)
    queries = [query for query in sorted(grades) if max(grades[query].values()) > 0]
    return pd.DataFrame(
        [(query, grades[query], weights[query], first_seen[query]) for query in queries],
        columns=["query", "qrels", "weights", "first_seen"],
    )


def _start(description: str) -> str:
    text = normalise(description)
    parts = text.split(" ")
    # Chinese has no spaces, so its beginning is counted in characters.
    return " ".join(parts[:QUERY_WORDS]) if len(parts) > 1 else text[: 2 * QUERY_WORDS]


def judged_queries(file: Path, tables: Tables) -> pd.DataFrame:
    """The queries of a file of judgments that have a relevant product in the catalog.

    Columns `example_id`, `input`, `query`, `qrels`. Raises InputError for a file that cannot be
    read or that has no judgments about this catalog.
    """
    frames = {"products": tables.products, "judgments": clean_file("judgments", file)}
    part = query_qrels(Tables(frames, tables.language), "judgments")
    if part.empty:
        raise InputError("tasks.nothing_to_measure", file=file.name)
    return part.assign(input=part["query"], example_id=part["query"])
