"""A made-up shop's tables as files, at any size."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.simulation import purchases, review_texts, shoppers
from engine.simulation.assortment import Shop, make_shop
from engine.simulation.queries import Query, make_queries
from engine.simulation.word_lists import load_lexicon

JUDGMENT_COLUMNS = ("query", "product_id", "relevance")
_EVENTS_PER_QUERY = 14
_MOST_QUERIES = 5_000
_EVENTS_PER_USER = 33


def simulate(
    out: Path,
    *,
    products: int = 1500,
    searches: int = 20000,
    orders: int = 4000,
    reviews: int = 5000,
    language: str = "en",
    seed: int = 13,
    truth: bool = False,
) -> None:
    """Write products.csv, searches.csv.gz, orders.csv and reviews.csv into the folder `out`.

    `searches` counts the log's rows (events). The same arguments give the same bytes. `truth` adds
    judgments.csv: every distinct query's relevant products with grades 1 to 3. Time and memory
    grow linearly; rows are written as they are made. ValueError for an unknown `language` or a
    count below 1.
    """
    if min(products, searches, orders, reviews) < 1:
        raise ValueError("a sample shop needs at least one product, search, order and review")
    out.mkdir(parents=True, exist_ok=True)
    lexicon = load_lexicon(language)
    rngs = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]
    shop = make_shop(lexicon, products, rngs[0])
    queries = make_queries(shop, query_count(searches), rngs[1])
    people = shoppers.make_shoppers(shop, max(searches // _EVENTS_PER_USER, 20), rngs[2])
    log = shoppers.Log(shop, queries, people, rngs[3])
    _write(out / "products.csv", shop.columns(), shop.rows())
    _write(out / "searches.csv.gz", shoppers.COLUMNS, log.rows(searches))
    _write(
        out / "orders.csv", purchases.COLUMNS, purchases.order_rows(shop, people, orders, rngs[4])
    )
    _write(
        out / "reviews.csv",
        review_texts.COLUMNS,
        review_texts.review_rows(shop, len(people), reviews, rngs[5]),
    )
    if truth:
        _write(out / "judgments.csv", JUDGMENT_COLUMNS, _judgments(shop, queries))


def query_count(searches: int) -> int:
    """How many distinct queries a log of `searches` events has."""
    return min(max(searches // _EVENTS_PER_QUERY, 50), _MOST_QUERIES)


def _judgments(shop: Shop, queries: list[Query]) -> Iterator[list[str]]:
    for query in queries:
        candidates = query.candidates(shop)
        for product, grade in zip(candidates, query.grades(shop, candidates), strict=True):
            if grade:
                yield [query.text, shop.product_id(int(product)), str(grade)]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file, UTF-8; packed with gzip, without name and time in it, if its name says so."""
    with ExitStack() as stack:
        file = stack.enter_context(path.open("wb"))
        binary: BinaryIO | gzip.GzipFile = file
        if path.suffix == ".gz":
            binary = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        text = stack.enter_context(TextIOWrapper(binary, encoding="utf-8", newline=""))
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
