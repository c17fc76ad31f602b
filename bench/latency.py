"""How long a page waits for an answer: `python bench/latency.py [--products 100000] [--home DIR]`.

Per language the sample shop and a simulated one of `--products`. `--requests` different questions
of each kind are asked as the pages ask them, from the page's own process: suggestions and a query's
filters are worked out in it, everything else comes from its model process. Beside each, in turn,
what the bare library takes for the least that would do:

- `suggestion`: after a keystroke; beside it rapidfuzz over the shop's queries and titles.
- `meaning`: past queries near what was typed; beside it one encoded query and a dot product.
- `search`: filters read, untuned and tuned model asked; beside it one encoded query and a dot
  product with every product's vector.
- `recommend`: a shopper's list with reasons, every other one for a query; beside it a dot product
  with every product's vector.
- `cross_sell`: what goes with a basket; beside it the item kNN of the package implicit.

Milliseconds: `first`, for which a model may have to be loaded, and of all that come after it `p50`,
`p95` and `worst`, `bare_p50` and `bare_p95` of the library, and `cpu`, the processor time of both
processes per question, which other work on the machine disturbs least.
`--home` keeps shops and runs for the next time. Where the sample shop lacks a run, the smallest is
trained: how well it answers makes no difference to how fast.

The simulated shop's products have random vectors, laid where the app keeps its own: encoding
100,000 texts takes a quarter of an hour, and searching them as long as searching random ones.
Queries are encoded by the real encoder. Its runs are those of the sample shop, without one for
cross-sell, where baskets belong to the run: the untuned model does the same work.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from implicit.nearest_neighbours import BM25Recommender
from numpy.typing import NDArray
from rapidfuzz import process
from sentence_transformers import SentenceTransformer

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.suggestions import LANGUAGES, keystrokes, load  # noqa: E402
from engine.codec import decode  # noqa: E402
from engine.errors import InputError  # noqa: E402
from engine.labelling.histories import list_acts  # noqa: E402
from engine.models.encoder import Encoder, load_encoder  # noqa: E402
from engine.models.pretrained import default_encoder, fetch, models_folder  # noqa: E402
from engine.progress import Lines, Silent  # noqa: E402
from engine.ranking import best  # noqa: E402
from engine.retrieval.dense import open_index  # noqa: E402
from engine.retrieval.filter_reader import shop_filters  # noqa: E402
from engine.retrieval.query_suggestions import shop_suggester  # noqa: E402
from engine.serving import client  # noqa: E402
from engine.serving.question import Question  # noqa: E402
from engine.storage.runs import (  # noqa: E402
    UNTUNED,
    list_runs,
    run_folder,
)
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tables.product_text import passages, titles_with_leaf  # noqa: E402
from engine.tables.tables import Tables  # noqa: E402
from engine.tasks import find_call, get_task  # noqa: E402
from engine.tasks.cooccurrence import to_matrix  # noqa: E402
from engine.tasks.cross_sell.baskets import list_baskets  # noqa: E402
from engine.training.run import train_run  # noqa: E402

TASKS = ("search", "interest", "cross_sell")
# How many of each kind the pages ask for.
SUGGESTIONS, NEAR, FOUND, WANTED, GOING_WITH = 8, 3, 30, 40, 10
SMALLEST = {"epochs": 1, "max_examples": 200}
PATIENCE = 3600

Ask = Callable[[Any], object]


@dataclass(frozen=True)
class Kind:
    """Questions, what answers them in the app, and what the bare library does beside it."""

    questions: Sequence[Any]
    ask: Ask
    bare: Ask


class RandomVectors(Encoder):
    """Stands in for an encoder where only the number of vectors and their length count."""

    def encode(self, texts: Sequence[str], *_: object) -> NDArray[np.float32]:
        """A random vector of length 1 for each text."""
        drawn = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimension))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        return drawn.astype(np.float32)


def open_sample(language: str) -> Workspace:
    """The sample shop with a run of each task, loaded and trained where it is new."""
    shop = _open(f"{language}-sample", language)
    if not shop.about_tables():
        load(shop, 0, shop.folder)
    for task in TASKS:
        if not list_runs(shop, task):
            train_run(shop, task, SMALLEST, Lines())
    return shop


def open_large(sample: Workspace, products: int) -> Workspace:
    """A simulated shop of so many products with the sample's runs, made where it is new."""
    shop = _open(f"{sample.language}-{products}", sample.language)
    if list_runs(shop):
        return shop
    with tempfile.TemporaryDirectory() as folder:
        load(shop, products, Path(folder))
    tables, index = shop.tables(), shop.folder / "index"
    texts = passages(tables.products).tolist()
    labels = titles_with_leaf(tables.products)
    encoder = _encoder(tables, "cross_sell")
    lay(tables, labels, encoder, index / f"labels-{encoder.fingerprint}" / "products")
    for task in ("search", "interest"):
        encoder = _encoder(tables, task)
        lay(tables, texts, encoder, index / encoder.fingerprint)
        run = list_runs(sample, task)[0]
        copied = shop.folder / "runs" / run.run_id
        shutil.copytree(run_folder(sample, run.run_id), copied)
        if task == "search":
            lay(tables, texts, encoder, copied / "bundle" / "index")
    return shop


def lay(tables: Tables, texts: Sequence[str], encoder: Encoder, folder: Path) -> None:
    """Put vectors of the products' texts where the app looks for what it encoded before."""
    folder.mkdir(parents=True, exist_ok=True)
    open_index(folder, encoder, tables.products["product_id"].tolist(), texts, Silent())


def _open(name: str, language: str) -> Workspace:
    try:
        return Workspace.open(name)
    except InputError:
        return Workspace.create(name, language)


def _encoder(tables: Tables, task: str) -> RandomVectors:
    config = get_task(task).config("quick", tables)
    return RandomVectors(load_encoder(config.model, config.max_tokens).model)


def list_kinds(shop: Workspace, count: int, seed: int) -> dict[str, Kind]:
    """What is asked of a shop, with everything made that it needs."""
    tables, rng = shop.tables(), random.Random(seed)
    ids = tables.products["product_id"].tolist()
    runs = {task: [run.run_id for run in list_runs(shop, task)] for task in TASKS}
    suggester, reader = shop_suggester(tables), shop_filters(tables)
    bare = Bare(tables)

    def ask(task: str, run_id: str, item: dict[str, Any]) -> None:
        call = find_call(task, "predict")
        client.ask(Question(shop.name, call, decode(call.body, [item]), run_id), PATIENCE)

    def search(query: str) -> None:
        understood = reader.read(query)
        item: dict[str, Any] = {"query": understood.rest(), "k": FOUND}
        if understood.filters:
            item["filters"] = [one.as_json() for one in understood.filters]
        for run_id in (UNTUNED, runs["search"][0]):
            ask("search", run_id, item)

    def near(query: str) -> None:
        ask("search", UNTUNED, {"query": query, "k": 1, "near": NEAR})

    def recommend(wish: tuple[str, str]) -> None:
        user, query = wish
        item = {"user_id": user, "query": query, "k": WANTED, "why": True}
        ask("interest", runs["interest"][0], item)

    def go_with(basket: Sequence[str]) -> None:
        whom = (*runs["cross_sell"], UNTUNED)[0]
        ask("cross_sell", whom, {"basket": list(basket), "k": GOING_WITH})

    def draw(everything: Iterable[Any]) -> list[Any]:
        distinct = list(dict.fromkeys(everything))
        return rng.sample(distinct, min(count, len(distinct)))

    queries = draw(tables.searches["query"].dropna())
    shoppers = draw(list_acts(tables.searches, tables.orders, ids).spans)
    return {
        "suggestion": Kind(
            draw(keystrokes(suggester, count, seed)),
            lambda text: suggester.suggest(text, SUGGESTIONS),
            bare.match,
        ),
        "meaning": Kind(queries, near, bare.near),
        "search": Kind(queries, search, bare.search),
        "recommend": Kind(
            # Every other shopper looks for something.
            [
                (user, query if place % 2 else "")
                for place, (user, query) in enumerate(zip(shoppers, queries, strict=False))
            ],
            recommend,
            bare.recommend,
        ),
        "cross_sell": Kind(
            draw(tuple(one) for one in list_baskets(tables.orders, ids)["basket"]),
            go_with,
            bare.go_with,
        ),
    }


class Bare:
    """The least that would do for each kind of question, straight from the libraries."""

    def __init__(self, tables: Tables) -> None:
        ids = tables.products["product_id"].tolist()
        model = default_encoder(tables.language)
        self.encoder = SentenceTransformer(str(fetch(model, Silent())), device="cpu")
        self.vectors = RandomVectors(self.encoder).encode(ids)
        self.texts = [*tables.searches["query"].dropna().unique(), *tables.products["title"]]
        self.columns = {name: column for column, name in enumerate(ids)}
        self.neighbours = BM25Recommender(K=100)
        baskets = list_baskets(tables.orders, ids)["basket"].tolist()
        self.neighbours.fit(to_matrix(baskets, self.columns).tocsr(), show_progress=False)

    def match(self, text: str) -> None:
        """The texts with the fewest edits."""
        process.extract(text, self.texts, limit=SUGGESTIONS)

    def near(self, query: str) -> None:
        """A query encoded and compared with a thousand."""
        best(self.vectors[:1000] @ self.encode(query), NEAR)

    def search(self, query: str) -> None:
        """A query encoded and compared with every product."""
        best(self.vectors @ self.encode(query), FOUND)

    def recommend(self, _: object) -> None:
        """Every product compared with one vector."""
        best(self.vectors @ self.vectors[0], WANTED)

    def go_with(self, basket: Sequence[str]) -> None:
        """The nearest products of a basket's."""
        self.neighbours.recommend(0, to_matrix([basket], self.columns), N=GOING_WITH)

    def encode(self, query: str) -> NDArray[np.float32]:
        """The vector of a query, of length 1."""
        return np.asarray(self.encoder.encode(query, normalize_embeddings=True))


def measure(kind: Kind) -> dict[str, float]:
    """The figures of one kind of question, asked one after the other once the models are ready."""
    first = _clock(kind.ask, kind.questions[0])
    kind.bare(kind.questions[0])
    both = [psutil.Process(), *psutil.Process().children()]
    ours, bare, cpu = [], [], 0.0
    for question in kind.questions:
        before = _processor_seconds(both)
        ours.append(_clock(kind.ask, question))
        cpu += _processor_seconds(both) - before
        bare.append(_clock(kind.bare, question))
    p50, p95, worst = 1000 * np.quantile(ours, [0.5, 0.95, 1.0])
    bare_p50, bare_p95 = 1000 * np.quantile(bare, [0.5, 0.95])
    found = {
        "first": 1000 * first, "p50": p50, "p95": p95, "worst": worst,
        "cpu": 1000 * cpu / len(ours), "bare_p50": bare_p50, "bare_p95": bare_p95,
    }  # fmt: skip
    return {"n": len(ours)} | {name: round(float(value), 1) for name, value in found.items()}


def _clock(work: Ask, question: Any) -> float:
    started = time.perf_counter()
    work(question)
    return time.perf_counter() - started


def _processor_seconds(processes: Iterable[psutil.Process]) -> float:
    times = [one.cpu_times() for one in processes]
    return float(sum(one.user + one.system for one in times))


def main() -> None:
    """Measure every shop; a line of JSON for each kind of question."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--products", type=int, nargs="+", default=[0, 100_000])
    parser.add_argument("--kinds", nargs="+", help="only these kinds of question")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path, help="a state folder to keep and to use again")
    options = parser.parse_args()
    # Models stay where they are, whatever state folder is used.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = str(options.home or folder)
        for language in options.languages:
            sample = open_sample(language)
            for products in options.products:
                shop = open_large(sample, products) if products else sample
                for name, kind in list_kinds(shop, options.requests, options.seed).items():
                    if name in (options.kinds or [name]):
                        print(json.dumps({"shop": shop.name, "kind": name} | measure(kind)))
                client.stop()


if __name__ == "__main__":
    main()
