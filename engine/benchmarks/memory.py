"""The memory of a process that answers searches, beside one that holds the libraries alone."""

import json
import subprocess
import sys
from collections.abc import Callable

import psutil

from engine.benchmarks.comparison import Comparison, Figure, Size
from engine.benchmarks.peers import named
from engine.benchmarks.shop import draw_queries, sample_shop
from engine.settings import child_environment

MEGABYTE = 2**20
# Of the first ten products; ours rounds where the processor has units for it.
AGREEING = 0.9
QUERIES = 20


def compare(size: Size) -> list[Comparison]:
    """Open the sample shop in two processes, ask both, and look what each holds.

    The shop is so small that every size measures the same.
    """
    sample_shop()
    ours, bare = (_process(side) for side in SIDES)
    shares = [len({*a} & {*b}) / len(a) for a, b in zip(ours["found"], bare["found"], strict=True)]
    same = sum(shares) / len(shares)
    return [
        Comparison(
            "a process that searches the sample shop",
            f"{named('sentence-transformers')}, {named('faiss-cpu')}, {named('bm25s')}",
            tuple(Figure(name, "MB", ours[name], bare[name]) for name in ("resident", "private")),
            f"measured once; {same:.0%} of the first ten products by meaning are the same",
            same >= AGREEING,
        )
    ]


def _process(side: str) -> dict[str, list[list[str]] | float]:
    done = subprocess.run(
        [sys.executable, "-m", "engine.benchmarks.memory", side],
        env=child_environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, list[list[str]] | float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _open_ours() -> tuple[object, list[list[str]]]:
    from engine.progress import Silent
    from engine.tasks.search.answers import SearchInput
    from engine.tasks.search.task import TASK

    tables = sample_shop().tables()
    bundle = TASK.untuned(tables, TASK.config("quick", tables), Silent())
    queries = draw_queries(tables.products["title"], QUERIES)
    TASK.predict(bundle, [SearchInput(query) for query in queries])
    rankings = bundle.dense.search(bundle.encode(queries), 10)
    return bundle, [list(one.product_ids) for one in rankings]


def _open_bare() -> tuple[object, list[list[str]]]:
    import bm25s
    import faiss
    from sentence_transformers import SentenceTransformer

    from engine.models.pretrained import default_encoder, locate
    from engine.progress import Silent
    from engine.tables.product_text import passages, searchable_texts
    from engine.text.words import words_of_all

    products = sample_shop().tables().products
    encoder = SentenceTransformer(str(locate(default_encoder("en"), Silent())), device="cpu")
    encoder.max_seq_length = 64
    vectors = encoder.encode(passages(products).tolist(), normalize_embeddings=True)
    nearest = faiss.IndexFlatIP(vectors.shape[1])
    nearest.add(vectors)
    words = bm25s.BM25(method="lucene")
    words.index(words_of_all(searchable_texts(products)), show_progress=False)
    queries = draw_queries(products["title"], QUERIES)
    _, rows = nearest.search(encoder.encode(queries, normalize_embeddings=True), 10)
    ids = products["product_id"].tolist()
    return (encoder, nearest, words), [[ids[row] for row in found] for found in rows]


SIDES: dict[str, Callable[[], tuple[object, list[list[str]]]]] = {
    "ours": _open_ours,
    "bare": _open_bare,
}


def main(side: str) -> None:
    """Print what a side found, and the memory of this process while it holds its model."""
    held, found = SIDES[side]()
    about = psutil.Process().memory_info()
    memory = {"resident": about.rss, "private": about.rss - about.shared}
    print(json.dumps({"found": found} | {name: n / MEGABYTE for name, n in memory.items()}))
    del held


if __name__ == "__main__":
    main(sys.argv[1])
