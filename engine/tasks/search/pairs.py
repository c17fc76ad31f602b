"""Training examples for search: which product to learn for a query, and which to tell apart."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from engine.labelling.qrels import Source
from engine.retrieval.bm25 import BM25Index

CHECK_QUERIES, CHECK_DEPTH = 40, 10
# Fewer validation queries than these would only add noise.
ENOUGH_TO_WATCH = 20


def make_pairs(
    train: pd.DataFrame, source: Source, most_positives: int, most_pairs: int, seed: int
) -> pd.DataFrame:
    """One row per query and product to learn: `example_id`, `query`, `input`, `product_id`.

    `irrelevant` holds the products judged to be no answer. Products judged 1 of 3 are only learned
    for queries that have no better one; the best `most_positives` of a query are, and `most_pairs`
    of all pairs, drawn by `seed`.
    """
    least = 2 if source == "judgments" else 1
    rows: list[tuple[str, str, list[str]]] = []
    for query, qrels, weights in train[["query", "qrels", "weights"]].itertuples(index=False):
        enough = min(least, max(qrels.values()))
        good = [name for name, grade in qrels.items() if grade >= enough]
        good.sort(key=lambda name: -weights[name])
        bad = [name for name, grade in qrels.items() if grade == 0]
        rows.extend((query, name, bad) for name in good[:most_positives])
    pairs = pd.DataFrame(rows, columns=["query", "product_id", "irrelevant"])
    pairs = pairs.sample(frac=1, random_state=seed).head(most_pairs).reset_index(drop=True)
    return pairs.assign(
        input=pairs["query"], example_id=pairs["query"] + "\x1f" + pairs["product_id"]
    )


def draw_negatives(pairs: pd.DataFrame, texts: Mapping[str, str], seed: int) -> list[str]:
    """The text of a product judged irrelevant for each pair, of any product where none was."""
    rng = np.random.default_rng(seed)
    every = list(texts)
    drawn = (
        bad[rng.integers(len(bad))] if bad else every[rng.integers(len(every))]
        for bad in pairs["irrelevant"]
    )
    return [texts[name] for name in drawn]


def is_watched(validation: pd.DataFrame, epochs: int) -> bool:
    """Whether epochs are measured on validation queries: of a single one there is no choice."""
    return epochs > 1 and len(validation) >= ENOUGH_TO_WATCH


def hard_pool(
    validation: pd.DataFrame, texts: Mapping[str, str], index: BM25Index
) -> tuple[dict[str, set[str]], dict[str, str]]:
    """What to watch the tuning with: relevant product ids by query, and texts by product id.

    The pool holds what the first 40 queries want and BM25's ten best for each, so that an epoch is
    measured in seconds and still on products that are hard to tell apart.
    """
    part = validation.head(CHECK_QUERIES)
    relevant = {
        query: {name for name, grade in qrels.items() if grade > 0}
        for query, qrels in part[["query", "qrels"]].itertuples(index=False)
    }
    pool = set().union(
        *relevant.values(), *(index.search(query, CHECK_DEPTH).product_ids for query in relevant)
    )
    return relevant, {name: texts[name] for name in sorted(pool)}
