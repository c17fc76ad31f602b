"""How fast a query box is without a model: `python bench/suggestions.py [--products 100000]`.

Both sample shops, and a simulated shop of `--products` in each language. Each of `--texts` titles
and queries is typed letter by letter (Chinese in characters and in pinyin), one in four with two
neighbouring letters swapped. Printed are milliseconds a keystroke, seconds to build, and how many
megabytes the suggester takes, measured in a process of its own; then the same for reading a query's
filters and for ranking 30 products by 5 that a session looked at.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from pypinyin import lazy_pinyin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.progress import Silent
from engine.reading.load import load_files, load_sample
from engine.retrieval.filter_reader import FilterReader
from engine.retrieval.pinyin import has_chinese
from engine.retrieval.query_suggestions import Suggester, shop_suggester
from engine.retrieval.session_rank import Traits, rerank
from engine.simulation.simulate import simulate
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

LANGUAGES = ("en", "zh")
LETTERS = 16
RANKED, LOOKED_AT = 30, 5
MEGABYTE = 1e6


def keystrokes(suggester: Suggester, texts: int, seed: int) -> Iterator[str]:
    """What stands in the box after each key."""
    rng = random.Random(seed)
    queries = [entry.text for entry in suggester.entries if entry.kind == "query"]
    titles = [entry.text for entry in suggester.entries if entry.kind == "product"]
    chosen = rng.choices(queries or titles, k=texts // 2) + rng.choices(titles, k=texts // 2)
    for number, text in enumerate(chosen):
        typed = "".join(lazy_pinyin(text)) if has_chinese(text) and number % 2 else text
        typed = typed[:LETTERS]
        if number % 4 == 0 and len(typed) > 4:
            typed = typed[:2] + typed[3] + typed[2] + typed[4:]
        for end in range(1, len(typed) + 1):
            yield typed[:end]


def measure(tables: Tables, texts: int, seed: int) -> dict[str, float]:
    """The figures of one shop."""
    process = psutil.Process()
    before, started = process.memory_info().rss, time.perf_counter()
    suggester = shop_suggester(tables)
    built = time.perf_counter() - started
    taken = process.memory_info().rss - before
    typed = list(keystrokes(suggester, texts, seed))
    figures = {
        "products": len(tables.products),
        "entries": len(suggester.entries),
        "keystrokes": len(typed),
        "build_s": round(built, 2),
        "memory_mb": round(taken / MEGABYTE, 1),
    }
    figures |= spread("", [clock(suggester.suggest, text) for text in typed])
    started = time.perf_counter()
    reader = FilterReader(tables)
    figures["filters_build_s"] = round(time.perf_counter() - started, 2)

    def narrow(query: str) -> None:
        reader.keep(one.as_json() for one in reader.read(query).filters)

    queries = [entry.text for entry in suggester.entries if entry.kind != "product"][:1000]
    figures |= spread("filters_", [clock(narrow, query) for query in queries])
    traits, rng = Traits(tables), random.Random(seed)
    names = tables.products["product_id"].tolist()
    lists = [rng.sample(names, RANKED + LOOKED_AT) for _ in range(texts)]

    def follow(chosen: list[str]) -> None:
        rerank(chosen[LOOKED_AT:], [(name, 1.0) for name in chosen[:LOOKED_AT]], traits)

    return figures | spread("rerank_", [clock(follow, chosen) for chosen in lists])


def clock(work: Callable[[Any], object], given: object) -> float:
    """The seconds that one call takes."""
    started = time.perf_counter()
    work(given)
    return time.perf_counter() - started


def spread(name: str, seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst in milliseconds."""
    p50, p95, worst = 1000 * np.quantile(seconds, [0.5, 0.95, 1.0])
    figures = {"p50_ms": p50, "p95_ms": p95, "worst_ms": worst}
    return {f"{name}{key}": round(float(value), 2) for key, value in figures.items()}


def load(shop: Workspace, products: int, folder: Path) -> None:
    """Load the sample shop (no products given) or a simulated one, made in `folder`."""
    if not products:
        load_sample(shop, shop.language, Silent())
        return
    made = folder / "made"
    simulate(
        made, products=products, searches=products, orders=products // 5, reviews=1,
        language=shop.language,
    )  # fmt: skip
    names = {"products": "products.csv", "searches": "searches.csv.gz", "orders": "orders.csv"}
    files = {table: made / name for table, name in names.items()}
    load_files(shop, files, {}, skip_bad_rows=False)


def main() -> None:
    """Measure each shop in a process that did not load it, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path, help="only measure the shop in this state folder")
    given = parser.parse_args()
    if given.home:
        os.environ["SHOPLAB_HOME"] = str(given.home)
        found = measure(Workspace.open("shop").tables(), given.texts, given.seed)
        print(json.dumps(found))
        return
    for language in LANGUAGES:
        for products in (0, given.products):
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder) / "home"
                os.environ["SHOPLAB_HOME"] = str(home)
                load(Workspace.create("shop", language), products, Path(folder))
                command = [sys.executable, __file__, "--home", str(home)]
                command += ["--texts", str(given.texts), "--seed", str(given.seed)]
                said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(
                json.dumps({"shop": f"{language} {products or 'sample'}"} | json.loads(said.stdout))
            )


if __name__ == "__main__":
    main()
