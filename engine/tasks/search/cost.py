"""How much a search training has to compute."""

from dataclasses import replace
from functools import partial

import numpy as np

from engine.models.encoder import Encoder, load_encoder
from engine.models.probes import encoder_work, mean_tokens
from engine.models.static_encoder import distil
from engine.models.timing import fastest_seconds
from engine.models.trunk import layer_count
from engine.models.work import Phase, Work
from engine.progress import Silent
from engine.retrieval.catalog_size import LARGE
from engine.retrieval.catalog_words import full_text_index, passage_index, title_index
from engine.retrieval.reading_speed import EXACT
from engine.retrieval.two_stage import TAUGHT_BY
from engine.tables.product_text import passages
from engine.tables.tables import Tables
from engine.tasks.base import Dataset
from engine.tasks.search.config import SearchConfig
from engine.tasks.search.pairs import CHECK_DEPTH, CHECK_QUERIES, is_watched
from engine.tasks.search.ranker.candidates import gather
from engine.tasks.search.ranker.features import Meaning, product_facts

# Products whose length stands for that of all when the work is counted.
SAMPLE = 500
PROBED_QUERIES = 10
# How often a query's candidates are as good as read again: by two sides, and by each of the trees
# and weights that learn from them, in folds and by three seeds.
READS = 20
# A forward pass is a third of a step; the rest goes back through the layers that learn alone.
FORWARD = 1 / 3


def count_work(dataset: Dataset, config: SearchConfig) -> Work:
    """Pairs are read twice an epoch (query and product), catalog and queries encoded twice.

    Of a large catalog a static encoder reads most. Then every query's candidates are looked up and
    put in order.
    """
    tables = dataset.tables
    products = passages(tables.products)
    sample = products.sample(min(len(products), SAMPLE), random_state=0).tolist()
    encoder = load_encoder(config.model, config.max_tokens)
    queries = dataset.train["query"].tolist()
    pair = mean_tokens(encoder, queries, config.train_tokens)
    pair += mean_tokens(encoder, sample, config.train_tokens)
    pairs = len(dataset.train) * config.epochs
    checked = 0
    if is_watched(dataset.validation, config.epochs):
        checked = min(len(dataset.validation), CHECK_QUERIES) * (CHECK_DEPTH + 5) * config.epochs
    frames = (dataset.train, dataset.validation, dataset.test, dataset.kept)
    asked = sum(frame["input"].nunique() for frame in frames)
    is_large = len(products) >= LARGE
    read = TAUGHT_BY + EXACT * asked if is_large else len(products)
    texts = 2 * read + checked
    share = 1.0
    if config.adapter == "last_k":
        share = FORWARD + (1 - FORWARD) * min(config.last_k / layer_count(encoder), 1.0)
    work = encoder_work(
        encoder,
        config,
        sample,
        train_tokens=round(share * pair * pairs),
        encode_tokens=round(
            mean_tokens(encoder, sample) * texts + 2 * mean_tokens(encoder, queries) * asked
        ),
    )
    if is_large:
        static = partial(_static_seconds, encoder, sample)
        work = replace(work, phases=[*work.phases, Phase(2 * len(products), static)])
    if not config.ranker or not queries:
        return work
    probe = partial(_seconds_per_query, tables, queries[:PROBED_QUERIES])
    return replace(work, phases=[*work.phases, Phase(READS * asked, probe)])


def _static_seconds(encoder: Encoder, sample: list[str]) -> float:
    """The seconds that a static encoder takes for a text of `sample`."""
    static = distil(encoder, sample, encoder.encode(sample), Silent())
    return fastest_seconds(lambda: static.encode(sample), 2) / len(sample)


def _seconds_per_query(tables: Tables, queries: list[str]) -> float:
    """The seconds it takes to find candidates of a query by words and to read their features."""
    facts = product_facts(tables)
    rows = {name: row for row, name in enumerate(facts.index.product_ids)}
    indexes = [index(tables) for index in (full_text_index, passage_index, title_index)]

    def read() -> None:
        for query in queries:
            lists = [index.search(query, 100) for index in indexes]
            found = gather(rows, lists[0], lists[1], lists[2:])
            ones = np.ones(len(found.rows), dtype=np.float32)
            facts.features(query, found, Meaning(ones, ones))

    return fastest_seconds(read, 2) / len(queries)
