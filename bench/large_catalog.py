"""What a catalog of a thousand to a million products costs to open and to search.

    python bench/large_catalog.py [--products 1000 10000 100000 1000000] [--queries 100] [--words]
    python bench/large_catalog.py --shop WORKSPACE [--taught-by 10000]

Of each size the products of the simulated shop are made, then the untuned search model is opened
for the first time and again as after a restart, each in a process of its own; of each stage the
seconds of wall time, and of the processor in brackets. Then the milliseconds of queries, one after
the other, of three words of a title each: `dense` by meaning alone, `repeated` the same queries
once more, `words` by BM25 over all texts, and `answer`, all that a page asks for, by queries that
are new again. `private` is the memory of the process without the files that it maps, `peak` the
most that it ever took with them. `--words` leaves out search by meaning, and opens all indexes of
words.

With `--shop` it is measured what the two stages lose: a workspace that is small enough to be read
whole answers its judged queries, or those of its log, both ways. `overlap` is the share of the
encoder's first products that both have. The static encoder is taught `--taught-by` so many
products: of a small catalog all would be, and of a large one few are. `known` is the most that the
encoder may have read of the catalog before, `read` what it reads for a question.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.room import summarize
from engine.benchmarks.shop import draw_queries, simulated_products
from engine.evaluation.ranking import PRIMARY, score_each
from engine.labelling.qrels import best_source, query_qrels
from engine.models.pretrained import default_encoder, fetch
from engine.progress import Lines, Silent
from engine.retrieval.catalog_words import (
    field_index,
    full_text_index,
    passage_index,
    title_index,
)
from engine.retrieval.filter_reader import shop_filters
from engine.retrieval.fuse import fuse_all
from engine.retrieval.known_vectors import KnownVectors
from engine.retrieval.reading_speed import SECONDS, count_readable
from engine.retrieval.two_stage import TwoStageIndex, open_two_stage
from engine.storage.workspace import Workspace
from engine.tables.product_text import passages_in
from engine.tables.tables import Tables
from engine.tasks.search.answers import SearchInput
from engine.tasks.search.bundle import DEPTH, SearchBundle
from engine.tasks.search.task import TASK

MEGABYTE = 2**20
# Shares of the catalog that the encoder may have read, and products that it reads for a question.
KNOWN, READ = (0.0, 0.2, 1.0), (4, 8, 16, 32)
_PRODUCTS = "products.parquet"
T = TypeVar("T")


class Stages(Silent):
    """Adds up the wall and processor seconds between one stage and the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}
        self._name, self._since = "tables", (time.perf_counter(), time.process_time())

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Whatever went on until now belongs to the stage before."""
        now = time.perf_counter(), time.process_time()
        wall, processor = self.seconds.get(self._name, (0.0, 0.0))
        self.seconds[self._name] = (
            wall + now[0] - self._since[0],
            processor + now[1] - self._since[1],
        )
        self._name, self._since = f"{name} {total:,}" if total else name, now


def milliseconds(ask: Callable[[str], object], queries: Sequence[str]) -> str:
    """The median, the 95th percentile and the processor time of asking each query by itself."""
    times, before = [], time.process_time()
    for query in queries:
        started = time.perf_counter()
        ask(query)
        times.append(time.perf_counter() - started)
    processor = (time.process_time() - before) / len(queries)
    found = summarize(times)
    return f"p50 {found['p50']:6.1f}  p95 {found['p95']:6.1f}  processor {1000 * processor:6.1f}"


def open_untuned(tables: Tables, progress: Stages) -> SearchBundle:
    """The untuned model, as a page opens it."""
    bundle = TASK.untuned(tables, TASK.config("quick", tables), progress)
    progress.stage("filters")
    shop_filters(tables)
    progress.stage("words")
    TASK.predict(bundle, [SearchInput("warm")])
    progress.stage("ready")
    return bundle


def open_words(tables: Tables, progress: Stages) -> None:
    """All that search by words needs."""
    progress.stage("filters")
    shop_filters(tables)
    progress.stage("words")
    for index in (title_index, passage_index, full_text_index, field_index):
        index(tables)
    progress.stage("ready")


def measure(count: int, queries: int, words_alone: bool) -> None:
    """Print what a catalog of `count` products costs, in processes that start without it."""
    fetch(default_encoder("en"), Lines())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = open_words if words_alone else open_untuned
        ask = ask_words if words_alone else ask_all
        steps = (
            partial(make, count),
            partial(opened, "opened", model),
            partial(again, model, partial(ask, queries)),
        )
        for step in steps:
            process = get_context("spawn").Process(target=step, args=(folder,))
            process.start()
            process.join()
            if process.exitcode:
                sys.exit(process.exitcode)


def make(count: int, folder: Path) -> None:
    """Write the products of a simulated shop to `folder`."""
    simulated_products(count).to_parquet(folder / _PRODUCTS)
    report(f"{count:,} products made", [])


def opened(name: str, model: Callable[[Tables, Stages], T], folder: Path) -> tuple[Tables, T]:
    """Open a model of the products in `folder`, and print what that took."""
    frames = {"products": pd.read_parquet(folder / _PRODUCTS)}
    report("tables read", [])
    tables, progress = Tables(frames, "en", folder=folder), Stages()
    bundle = model(tables, progress)
    report(name, [f"{stage} {a:.1f} ({b:.1f})" for stage, (a, b) in progress.seconds.items()])
    return tables, bundle


def again(
    model: Callable[[Tables, Stages], T], ask: Callable[[Tables, T], None], folder: Path
) -> None:
    """Open a model as after a restart, ask it, and print what that took."""
    ask(*opened("again", model, folder))
    size = sum(file.stat().st_size for file in (folder / "words").rglob("*") if file.is_file())
    print(f"  {size / MEGABYTE:,.0f} MB of words on disk")


def ask_words(queries: int, tables: Tables, model: object) -> None:
    """Print how long BM25 over all texts takes."""
    index, asked = full_text_index(tables), draw_queries(tables.products["title"], queries)
    report("words", [milliseconds(lambda query: index.search(query, DEPTH), asked)])


def ask_all(queries: int, tables: Tables, bundle: SearchBundle) -> None:
    """Print how long each way to answer takes."""
    if isinstance(bundle.dense, TwoStageIndex):
        read = count_readable(bundle.dense.seconds_per_text)
        each = 1000 * bundle.dense.seconds_per_text
        report(f"{read} products read for a question, {each:.1f} ms each", [])
    asked = draw_queries(tables.products["title"], 2 * queries)
    first, second = asked[:queries], asked[queries:]

    def dense(query: str) -> None:
        bundle.dense.search(bundle.encode([query]), DEPTH)

    report("dense", [milliseconds(dense, first)])
    report("repeated", [milliseconds(dense, first)])
    ask_words(queries, tables, bundle)
    report("answer", [milliseconds(lambda q: TASK.predict(bundle, [SearchInput(q)]), second)])


def report(what: str, figures: Sequence[str]) -> None:
    """Print one line, with the memory that the process takes by itself."""
    about = psutil.Process().memory_info()
    private = (about.rss - about.shared) / MEGABYTE
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {what}: {', '.join(figures)} [private {private:.0f} MB, peak {peak:.0f}]", flush=True)


def compare(name: str, taught_by: int) -> None:
    """Print how near two stages come to the encoder alone, on a workspace's judged queries."""
    tables = Workspace.open(name).tables()
    bundle = TASK.untuned(tables, TASK.config("quick", tables), Silent())
    texts_of = partial(passages_in, tables.products)
    staged = open_two_stage(None, bundle.encoder, bundle.product_ids, texts_of, Silent(), taught_by)
    drawn = np.random.default_rng(1).permutation(len(bundle.product_ids))
    frame = query_qrels(tables, best_source(tables))
    queries, truth = frame["query"].tolist(), list(frame["qrels"])
    vectors = bundle.encode(queries)
    by_words = [full_text_index(tables).search(query, DEPTH) for query in queries]
    nearest = {"encoder": bundle.dense.search(vectors, DEPTH)}
    for share, read in product(KNOWN, READ):
        known = staged.known.rows[np.isin(staged.known.rows, drawn[: round(share * len(drawn))])]
        index = TwoStageIndex(
            bundle.product_ids,
            texts_of,
            bundle.encoder,
            staged.cells,
            KnownVectors(known, staged.known.of(known)),
            SECONDS / (read + 0.5),
        )
        nearest[f"{share:4.0%} known, {read:2} read"] = index.search(vectors, DEPTH)
    print(f"{name}: {len(tables.products):,} products, {len(queries)} queries")
    for way, rankings in nearest.items():
        hybrid = fuse_all(by_words, rankings, bundle.bm25_weight, DEPTH)
        overlaps = {
            k: np.mean(
                [
                    len({*one.product_ids[:k]} & {*other.product_ids[:k]}) / k
                    for one, other in zip(rankings, nearest["encoder"], strict=True)
                ]
            )
            for k in (10, DEPTH)
        }
        alone, both = (score_each(truth, found)[PRIMARY].mean() for found in (rankings, hybrid))
        print(
            f"  {way:20}: {PRIMARY} {alone:.3f}, hybrid {both:.3f}, "
            + ", ".join(f"overlap of the first {k} {share:.3f}" for k, share in overlaps.items())
        )


def main() -> None:
    """Measure every size, or what is lost in a workspace."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--products", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--words", action="store_true", help="without search by meaning")
    parser.add_argument("--shop", help="a workspace to compare both ways on")
    parser.add_argument("--taught-by", type=int, default=10_000)
    options = parser.parse_args()
    if options.shop:
        compare(options.shop, options.taught_by)
    elif len(options.products) == 1:
        measure(options.products[0], options.queries, options.words)
    else:
        for count in options.products:
            command = [sys.executable, __file__, "--products", str(count)]
            command += ["--queries", str(options.queries), *["--words"] * options.words]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
