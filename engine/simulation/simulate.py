"""Writes the files of a made-up shop, of any size."""

import csv
import gzip
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.simulation import purchases, review_texts, search_log
from engine.simulation.assortment import SimulatedShop, make_shop
from engine.simulation.queries import Query
from engine.simulation.query_writer import make_queries
from engine.simulation.shoppers import make_shoppers
from engine.simulation.word_lists import load_words

# What the files in sample_data/ were made with.
SAMPLE_PRODUCTS = 1500
SAMPLE_SEED = 13
JUDGMENT_COLUMNS = ("query", "product_id", "relevance")
_EVENTS_PER_QUERY = 14
_MOST_QUERIES = 5_000
_EVENTS_PER_USER = 33


def simulate(
    out: Path,
    *,
    products: int = SAMPLE_PRODUCTS,
    searches: int = 20000,
    orders: int = 4000,
    reviews: int = 5000,
    language: str = "en",
    seed: int = SAMPLE_SEED,
    truth: bool = False,
) -> None:
    """Write products.csv, searches.csv.gz, orders.csv and reviews.csv into the folder `out`.

    `searches` is the number of rows (events) in the log. The same arguments give the same bytes.
    `truth` adds judgments.csv, with the relevant products of each distinct query, graded 1 to 3.
    Time and memory grow linearly. Raises ValueError for an unknown `language` or a count below 1.
    """
    if min(products, searches, orders, reviews) < 1:
        raise ValueError("a sample shop needs at least one product, search, order and review")
    out.mkdir(parents=True, exist_ok=True)
    words = load_words(language)
    rngs = _generators(seed)
    shop = make_shop(words, products, rngs[0])
    queries = make_queries(shop, query_count(searches), rngs[1])
    shoppers = make_shoppers(shop, max(searches // _EVENTS_PER_USER, 20), rngs[2])
    log = search_log.SearchLog(shop, queries, shoppers, rngs[3])
    _write(out / "products.csv", shop.columns(), shop.rows())
    _write(out / "searches.csv.gz", search_log.COLUMNS, log.rows(searches))
    _write(
        out / "orders.csv", purchases.COLUMNS, purchases.order_rows(shop, shoppers, orders, rngs[4])
    )
    _write(
        out / "reviews.csv",
        review_texts.COLUMNS,
        review_texts.review_rows(shop, len(shoppers), reviews, rngs[5]),
    )
    if truth:
        _write(out / "judgments.csv", JUDGMENT_COLUMNS, _judgments(shop, queries))


def make_sample(language: str) -> SimulatedShop:
    """The products of the sample shop of `language` as drawn, in the order of its file."""
    return make_shop(load_words(language), SAMPLE_PRODUCTS, _generators(SAMPLE_SEED)[0])


def _generators(seed: int) -> list[np.random.Generator]:
    """One for each thing that is drawn: products, queries, shoppers, searches, orders, reviews."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(6)]


def query_count(searches: int) -> int:
    """The number of distinct queries in a log of `searches` events."""
    return min(max(searches // _EVENTS_PER_QUERY, 50), _MOST_QUERIES)


def _judgments(shop: SimulatedShop, queries: list[Query]) -> Iterator[list[str]]:
    for query in queries:
        candidates = query.candidates(shop)
        for product, grade in zip(candidates, query.grades(shop, candidates), strict=True):
            if grade:
                yield [query.text, shop.product_id(int(product)), str(grade)]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file in UTF-8, packed with gzip (without name and time) if it ends in .gz."""
    with ExitStack() as stack:
        file = stack.enter_context(path.open("wb"))
        binary: BinaryIO | gzip.GzipFile = file
        if path.suffix == ".gz":
            binary = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        text = stack.enter_context(TextIOWrapper(binary, encoding="utf-8", newline=""))
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
