"""What a catalog of a thousand to a million products costs to open and to search.

    python bench/large_catalog.py [--products 1000 10000 100000 1000000] [--queries 100]
    python bench/large_catalog.py --shop WORKSPACE [--taught-by 10000]

Each size is measured in a process of its own: tables of the simulated shop, then the untuned search
model, opened for the first time and again as after a restart; of each stage the seconds of wall
time, and of the processor in brackets. Then the milliseconds of queries, one after the other, of
three words of a title each: `dense` by meaning alone, `repeated` the same queries once more,
`words` by BM25 over all texts, and `answer`, all that a page asks for, by queries that are new
again. `private` is the memory of the process without the files that it maps.

With `--shop` it is measured what the two stages lose: a workspace that is small enough to be read
whole answers its judged queries, or those of its log, both ways. `overlap` is the share of the
encoder's first products that both have. The static encoder is `--taught-by` so many products: of a
small catalog all would be, and of a large one few are.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.room import summarize
from engine.evaluation.ranking import PRIMARY, score_each
from engine.labelling.qrels import best_source, query_qrels
from engine.models.pretrained import default_encoder, fetch
from engine.progress import Lines, Silent
from engine.retrieval.catalog_words import full_text_index
from engine.retrieval.fuse import fuse_all
from engine.retrieval.two_stage import open_two_stage
from engine.simulation.assortment import make_shop
from engine.simulation.word_lists import load_words
from engine.storage.workspace import Workspace
from engine.tables.product_text import passages_in
from engine.tables.schema import TABLES
from engine.tables.tables import Tables
from engine.tasks.search.answers import SearchInput
from engine.tasks.search.bundle import DEPTH, SearchBundle
from engine.tasks.search.task import TASK

MEGABYTE = 2**20


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


def simulated_tables(count: int, folder: Path) -> Tables:
    """The tables of a simulated shop with `count` products and no log."""
    shop = make_shop(load_words("en"), count, np.random.default_rng(0))
    rows = pd.DataFrame(shop.rows(), columns=shop.columns(), dtype="str")
    known = rows.columns.intersection(TABLES["products"].columns)
    others = rows.columns.difference(known)
    products = rows[known].assign(
        price=rows["price"].astype(float),
        image=pd.Series(None, index=rows.index, dtype="str"),
        attributes=pd.Series(
            [json.dumps(cells) for cells in rows[others].to_dict("records")], dtype="str"
        ),
    )
    return Tables({"products": products}, "en", folder=folder)


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
    progress.stage("words")
    TASK.predict(bundle, [SearchInput("warm")])
    progress.stage("ready")
    return bundle


def measure(count: int, queries: int) -> None:
    """Print what a catalog of `count` products costs."""
    fetch(default_encoder("en"), Lines())
    with tempfile.TemporaryDirectory() as folder:
        tables = simulated_tables(count, Path(folder))
        report(f"{count:,} products, tables made", [])
        progress = Stages()
        bundle = open_untuned(tables, progress)
        report("opened", [f"{name} {a:.1f} ({b:.1f})" for name, (a, b) in progress.seconds.items()])
        del bundle
        tables = Tables(tables.frames, "en", folder=Path(folder))
        progress = Stages()
        bundle = open_untuned(tables, progress)
        report("again", [f"{name} {a:.1f} ({b:.1f})" for name, (a, b) in progress.seconds.items()])
        asked = draw_queries(tables.products["title"], 2 * queries)
        first, second = asked[:queries], asked[queries:]

        def dense(query: str) -> None:
            bundle.dense.search(bundle.encode([query]), DEPTH)

        words = full_text_index(tables)
        report("dense", [milliseconds(dense, first)])
        report("repeated", [milliseconds(dense, first)])
        report("words", [milliseconds(lambda query: words.search(query, DEPTH), first)])
        report("answer", [milliseconds(lambda q: TASK.predict(bundle, [SearchInput(q)]), second)])


def draw_queries(titles: pd.Series, count: int) -> list[str]:
    """Three words of each of `count` titles, in their order; all different."""
    draw = np.random.default_rng(1)
    found: dict[str, None] = {}
    while len(found) < count:
        words = str(titles.iloc[draw.integers(len(titles))]).lower().split()
        chosen = np.sort(draw.permutation(len(words))[:3])
        found[" ".join(words[place] for place in chosen)] = None
    return list(found)


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
    staged = open_two_stage(
        None,
        bundle.encoder,
        bundle.product_ids,
        partial(passages_in, tables.products),
        Silent(),
        taught_by,
    )
    frame = query_qrels(tables, best_source(tables))
    queries, truth = frame["query"].tolist(), list(frame["qrels"])
    vectors = bundle.encode(queries)
    by_words = [full_text_index(tables).search(query, DEPTH) for query in queries]
    nearest = {
        "encoder": bundle.dense.search(vectors, DEPTH), "two stages": staged.search(vectors, DEPTH),
    }  # fmt: skip
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
            f"  {way:10}: {PRIMARY} {alone:.3f}, hybrid {both:.3f}, "
            + ", ".join(f"overlap of the first {k} {share:.3f}" for k, share in overlaps.items())
        )


def main() -> None:
    """Measure every size, or what is lost in a workspace."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--products", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000]
    )
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--shop", help="a workspace to compare both ways on")
    parser.add_argument("--taught-by", type=int, default=10_000)
    options = parser.parse_args()
    if options.shop:
        compare(options.shop, options.taught_by)
    elif len(options.products) == 1:
        measure(options.products[0], options.queries)
    else:
        for count in options.products:
            command = [sys.executable, __file__, "--products", str(count)]
            subprocess.run([*command, "--queries", str(options.queries)], check=True)


if __name__ == "__main__":
    main()
