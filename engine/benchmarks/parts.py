"""The parts of the benchmark, each measured in a process and a state folder of its own."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace

from engine.benchmarks.comparison import Comparison, Size
from engine.codec import decode, encode
from engine.models.pretrained import models_folder
from engine.progress import Progress
from engine.settings import child_environment

# The module of each part, with what it is compared with at most.
PARTS = {
    "loading": "duckdb, pandas",
    "encoding": "sentence-transformers",
    "search": "faiss-cpu, bm25s",
    "generation": "transformers",
    "tuning": "transformers, setfit, sentence-transformers",
    "memory": "sentence-transformers, bm25s",
    "products": "bm25s",
    "events": "duckdb",
    "page": "streamlit",
}


def measure(parts: Sequence[str], size: Size, progress: Progress) -> list[Comparison]:
    """The comparisons of `parts`, one after the other; one that breaks leaves the others alone."""
    found: list[Comparison] = []
    for done, part in enumerate(parts):
        progress.check()
        progress.stage(part, done, len(parts))
        found += _measure(part, size)
    return found


def _measure(part: str, size: Size) -> list[Comparison]:
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-m", "engine.benchmarks.parts", part, size],
            # Models stay where they are, whatever state folder is used.
            env=child_environment()
            | {"SHOPLAB_MODELS": str(models_folder()), "SHOPLAB_HOME": home},
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        return [Comparison(part, PARTS[part], missing="failed", part=part)]
    rows = decode(list[Comparison], json.loads(done.stdout.splitlines()[-1]))
    return [replace(row, part=part) for row in rows]


def main(part: str, size: str) -> None:
    """Measure one part here and print its comparisons as a line of JSON."""
    # What libraries print must not be taken for the answer.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    rows = importlib.import_module(f"engine.benchmarks.{part}").compare(size)
    print(json.dumps(encode(rows)), file=out, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
