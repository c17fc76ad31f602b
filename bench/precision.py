"""How fast an encoder reads in 32, 16 and 8 bits on this machine, and what that does to a search.

The products of a sample shop are read by its pretrained encoder, a part of them in turn for the
time, and all of them and the queries that were searched for their vectors. Printed are texts a
second, by the clock and of a core; the mean, first percentile and worst cosine to 32 bits; and
nDCG@10 of search by meaning alone, by clicks, with what it differs from that of 32 bits.

For 8 bits: `pip install -r requirements-int8.txt`. To see what a lesser processor does:

    cc -O2 -shared -fPIC -o hide.so bench/hide_instructions.c
    HIDE=amx LD_PRELOAD=./hide.so python bench/precision.py     # see hide_instructions.c

    python bench/precision.py [--language en|zh] [--texts 256] [--rounds 3] [--speed-only]
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from engine.benchmarks.cost import alternate, run  # noqa: E402
from engine.evaluation.compare import paired_interval  # noqa: E402
from engine.evaluation.ranking_evaluator import RankingEvaluator  # noqa: E402
from engine.labelling.qrels import query_qrels  # noqa: E402
from engine.models import precision  # noqa: E402
from engine.models.encoder import Encoder, load_encoder  # noqa: E402
from engine.models.int8_layers import Int8Layers, is_installed, write_layers  # noqa: E402
from engine.models.pretrained import default_encoder, models_folder  # noqa: E402
from engine.models.vector_cache import TextKind  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.retrieval.dense import DenseIndex  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402
from engine.tables.product_text import passages  # noqa: E402
from engine.tables.tables import Tables  # noqa: E402

Read = Callable[[list[str], TextKind], NDArray[np.float32]]


def readers(encoder: Encoder, folder: Path) -> dict[str, Read]:
    """The ways to read that this processor has units for, each with the same weights."""

    def read_in(half: torch.dtype | None, texts: list[str], kind: TextKind) -> NDArray[np.float32]:
        precision.half_type = lambda _: half
        return encoder.encode(texts, kind)

    found: dict[str, Read] = {"fp32": partial(read_in, None)}
    units = torch.cpu.get_capabilities()
    if units.get("amx_bf16") or units.get("avx512_bf16"):
        found["bf16"] = partial(read_in, torch.bfloat16)
    if is_installed():
        begin = time.process_time()
        write_layers(encoder.transformer, folder / "layers.xml")
        written = time.process_time()
        short = Encoder(encoder.model)
        short.int8 = Int8Layers(folder / "layers.xml")
        print(
            f"8 bits: written in {written - begin:.1f} s of processor, opened in "
            f"{time.process_time() - written:.1f} s, {size_of(folder) / 1e6:.0f} MB"
        )
        found["int8"] = short.encode
    return found


def size_of(folder: Path) -> int:
    """The bytes of the files in `folder`."""
    return sum(file.stat().st_size for file in folder.iterdir())


def compare_speed(read: dict[str, Read], texts: list[str], rounds: int) -> None:
    """Print how many texts each reads a second."""
    for way in read.values():
        way(texts[:64], "passage")
    costs = alternate(
        {name: partial(run, partial(way, texts, "passage")) for name, way in read.items()}, rounds
    )
    for name, cost in costs.items():
        print(
            f"{name}: {len(texts) / cost.wall:.0f} texts a second, "
            f"{len(texts) / cost.processor:.0f} of a core"
        )


def compare_search(read: dict[str, Read], tables: Tables) -> None:
    """Print how near the vectors are to those of 32 bits, and what searches with them find."""
    judged = query_qrels(tables, "clicks")
    judged = judged.assign(example_id=judged["query"], input=judged["query"])
    queries, texts = judged["query"].tolist(), passages(tables.products).tolist()
    rankings, vectors = {}, {}
    for name, way in read.items():
        vectors[name] = way(texts, "passage"), way(queries, "query")
        index = DenseIndex(tables.product_ids, texts, vectors[name][0])
        rankings[name] = index.search(vectors[name][1], 10)
    heldout = RankingEvaluator().heldout_rows(judged, rankings)
    print(f"{len(texts)} products, {len(queries)} queries")
    for name, both in vectors.items():
        near = [
            f"{cosines.mean():.4f} {np.quantile(cosines, 0.01):.4f} {cosines.min():.4f}"
            for cosines in ((a * b).sum(axis=1) for a, b in zip(both, vectors["fp32"], strict=True))
        ]
        gained = paired_interval(heldout, name, "fp32")
        print(
            f"{name}: cosine of products {near[0]}, of queries {near[1]}; nDCG@10 by "
            f"{gained.delta:+.4f} [{gained.low:+.4f}, {gained.high:+.4f}]"
        )


def main() -> None:
    """Load the sample shop into a state folder of its own and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--speed-only", action="store_true")
    choice = parser.parse_args()
    # Models stay where they are; everything else is made for this and thrown away.
    os.environ["SHOPLAB_MODELS"] = str(models_folder())
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHOPLAB_HOME"] = home
        shop = Workspace.create(language=choice.language)
        load_sample(shop, choice.language)
        tables = shop.tables()
        folder = Path(home) / "layers"
        folder.mkdir()
        read = readers(load_encoder(default_encoder(choice.language), device="cpu"), folder)
        drawn = tables.products.sample(choice.texts, random_state=0)
        compare_speed(read, passages(drawn).tolist(), choice.rounds)
        if not choice.speed_only:
            compare_search(read, tables)


if __name__ == "__main__":
    main()
