"""The result pages of a search log as examples to learn from and to measure on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import InputError
from engine.labelling.clicks import examination
from engine.labelling.histories import answer, by_query, count_popularity, list_acts, list_pages
from engine.labelling.split import TEST, VALIDATION, take_share
from engine.reading.load import clean_file
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.interest.config import InterestConfig
from engine.tasks.interest.novelty import Novelty

# Pages with a click on: fewer are too few to learn from.
THIN = 60


def count_clicked_pages(tables: Tables) -> int:
    """How many pages of the log drew a click on the catalog; 0 for a log without impressions."""
    columns = ("query", "product_id", "event", "position", "session_id", "user_id", "time")
    log = tables.columns("searches", *columns)
    shown = log["event"].eq("impression") & log["position"].notna() & log["time"].notna()
    if not shown.any():
        return 0
    clicked = log["event"].eq("click") & log["product_id"].isin(tables.products["product_id"])
    return len(log.loc[clicked, ["session_id", "user_id", "query"]].drop_duplicates())


def make_dataset(task: str, tables: Tables, config: InterestConfig) -> Dataset:
    """Pages of the search log in time order, each with the shopper's history by then.

    Raises InputError with fewer than `THIN` pages that drew a click.
    """
    pages = list_pages(tables.searches, tables.products["product_id"].tolist())
    clicked = sum(any(grades) for grades in pages["grades"])
    if clicked < THIN:
        raise InputError("interest.not_ready", n=clicked, want=THIN)
    cuts = [round(len(pages) * (1 - TEST - VALIDATION)), round(len(pages) * (1 - TEST))]
    parts = (
        take_share(pages[: cuts[0]].tail(config.max_examples), config.train_share, config.seed),
        pages[cuts[0] : cuts[1]].tail(config.most_held),
        pages[cuts[1] :].tail(config.most_held),
    )
    until = pages["time"].iloc[cuts[0]]
    train, validation, test = (_as_examples(part, tables, until, config) for part in parts)
    return Dataset(task, train, validation, test, tables, notes=["interest.place_pulls_clicks"])


def make_dataset_of_file(task: str, file: Path, tables: Tables, config: InterestConfig) -> Dataset:
    """The dataset of the shop's log, with the pages of a file of searches as its test.

    What shoppers did before is taken from both. Raises InputError for a file without a page with a
    click on a product of the catalog, and as `make_dataset` does.
    """
    log = clean_file("searches", file)
    pages = list_pages(log, tables.products["product_id"].tolist())
    if not any(any(grades) for grades in pages["grades"]):
        raise InputError("interest.nothing_to_measure", file=file.name)
    dataset = make_dataset(task, tables, config)
    columns = tables.searches.columns
    both = pd.concat([tables.searches, log[columns]], ignore_index=True).drop_duplicates()
    more = replace(tables, frames={**tables.frames, "searches": both})
    test = _as_examples(pages, more, dataset.validation["time"].iloc[0], config)
    return replace(dataset, test=test)


def list_queries(dataset: Dataset) -> list[str]:
    """The distinct queries of all parts, sorted."""
    parts = (dataset.train, dataset.validation, dataset.test)
    return sorted({query for part in parts for query in part["query"]})


def _as_examples(
    pages: pd.DataFrame, tables: Tables, until: pd.Timestamp, config: InterestConfig
) -> pd.DataFrame:
    """Pages with the history of their shopper and the popularity of their products by then.

    How much positions pull is estimated on what came before `until` only.
    """
    log = tables.searches
    acts = list_acts(log, tables.orders, tables.products["product_id"].tolist())
    looked = examination(log[pd.to_datetime(log["time"]) < until])
    popularity = count_popularity(log, looked)
    query_popularity = count_popularity(by_query(log), looked)
    shown = list(zip(pages["product_ids"], pages["time"], strict=True))
    histories = [
        acts.before(user, moment, config.history)
        for user, moment in zip(pages["user_id"], pages["time"], strict=True)
    ]
    columns: dict[str, Any] = {
        "history": [list(one.product_ids) for one in histories],
        "strengths": [list(one.strengths) for one in histories],
        "ctrs": [[popularity.ctr(name, at) for name in names] for names, at in shown],
        "query_ctrs": [
            [query_popularity.ctr(answer(query, name), at) for name in names]
            for query, (names, at) in zip(pages["query"], shown, strict=True)
        ],
        "clicks": [[popularity.clicked(name, at) for name in names] for names, at in shown],
        "known.history": [len(one.product_ids) for one in histories],
        "qrels": [
            dict(zip(names, grades, strict=True))
            for names, grades in zip(pages["product_ids"], pages["grades"], strict=True)
        ],
    }
    examples = pages.assign(input=pages["query"], **columns).reset_index(drop=True)
    return examples.assign(**_novelty(examples, Novelty(tables.products, log)))


def _novelty(examples: pd.DataFrame, novelty: Novelty) -> dict[str, list[str]]:
    """How often each product was clicked by then, how novel and how old it was, as JSON."""
    columns: dict[str, list[str]] = {"known.clicks": [], "known.novelty": [], "known.age": []}
    pages = (examples[name] for name in ("product_ids", "clicks", "time"))
    for names, clicks, moment in zip(*pages, strict=True):
        figures = (clicks, novelty.self_information(clicks, moment), novelty.ages(names, moment))
        for column, values in zip(columns.values(), figures, strict=True):
            rounded = np.round(values, 3).tolist()
            column.append(json.dumps(dict(zip(names, rounded, strict=True))))
    return columns
