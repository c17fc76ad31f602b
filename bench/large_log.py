"""What a search log of a million events costs to load, beside DuckDB alone.

Both start from the same generated CSV file, as processes of their own: `python -m engine load` into
an empty workspace, and DuckDB from CSV to Parquet with zstd. Printed are the processor seconds and
the wall time of each with its children, the most memory that any one of its processes held, and the
ratios. DuckDB is no part of Shoplab: `pip install duckdb`.

    python bench/large_log.py [--events 1000000] [--format csv|parquet|jsonl]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parent.parent
CHUNK = 500_000
EVENTS = np.array(["impression", "impression", "impression", "click", "add_to_cart", "purchase"])
NOUNS = ("lamp", "chair", "desk", "sofa", "mug", "rug", "shelf", "kettle", "towel", "mirror")
WORDS = ("red", "oak", "small", "modern", "wool", "steel", "round", "outdoor", "kids", "cheap")
DUCKDB = """
import duckdb, sys
duckdb.connect(config={"threads": 2}).execute(
    f"copy (from read_{sys.argv[1]}('{sys.argv[2]}')) to '{sys.argv[3]}' "
    "(format parquet, compression zstd)")
"""


@dataclass(frozen=True)
class Cost:
    """What a command took: wall time and processor time in seconds, and its peak memory in MB."""

    wall: float
    processor: float
    memory: float


def events(count: int, seed: int) -> pa.Table:
    """A made-up part of a search log, with as many repetitions as real ones have."""
    draw = np.random.default_rng(seed)
    sessions = np.sort(draw.integers(0, count // 5 + 1, count)) + seed * count
    first, second = draw.integers(0, 10, (2, count))
    size = draw.zipf(1.3, count) % 4_000
    start = np.datetime64("2026-01-01T00:00:00")
    times = start + (np.arange(count) + seed * count).astype("timedelta64[s]")
    return pa.table(
        {
            "time": pa.array(np.char.replace(times.astype(str), "T", " ")),
            "user_id": pa.array([f"u{number % 90_001}" for number in sessions]),
            "session_id": pa.array([f"s{number:08d}" for number in sessions]),
            "query": pa.array(
                [
                    f"{WORDS[a]} {NOUNS[b]} {c}" if c else f"{WORDS[a]}, {NOUNS[b]}"
                    for a, b, c in zip(first, second, size, strict=True)
                ]
            ),
            "product_id": pa.array([f"P{number:06d}" for number in draw.zipf(1.2, count) % 50_000]),
            "event": pa.array(EVENTS[draw.integers(0, len(EVENTS), count)]),
            "position": pa.array(draw.integers(1, 49, count).astype(str)),
        }
    )


def write_log(path: Path, count: int) -> None:
    """Write `count` events to `path`, in the format that its ending names."""
    parts = (events(min(CHUNK, count - start), start // CHUNK) for start in range(0, count, CHUNK))
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for part in parts:
                part.to_pandas().to_json(file, orient="records", lines=True)
        return
    first = next(parts)
    make = pq.ParquetWriter if path.suffix == ".parquet" else pyarrow.csv.CSVWriter
    options = {}
    if path.suffix == ".csv":
        options["write_options"] = pyarrow.csv.WriteOptions(quoting_style="needed")
    with make(path, first.schema, **options) as writer:
        for part in (first, *parts):
            writer.write_table(part)


def measure(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end; the memory is that of its largest process."""
    code = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:],"
        " stdout=subprocess.DEVNULL); use = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(use.ru_utime + use.ru_stime, use.ru_maxrss / 1024); sys.exit(done.returncode)"
    )
    begin = time.perf_counter()
    output = subprocess.run(
        [sys.executable, "-c", code, *command],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    wall = time.perf_counter() - begin
    processor, memory = map(float, output.split())
    return Cost(wall, processor, memory)


def main() -> None:
    """Generate the log, load it both ways and print what that cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("csv", "parquet", "jsonl"), default="csv")
    choice = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / f"log.{choice.format}"
        write_log(log, choice.events)
        print(f"{choice.events:,} events, {log.stat().st_size / 1e6:.0f} MB of {choice.format}")
        environment = {
            **os.environ,
            "SHOPLAB_HOME": folder,
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        reader = {"csv": "csv", "parquet": "parquet", "jsonl": "json"}[choice.format]
        duckdb = [sys.executable, "-c", DUCKDB, reader, str(log), f"{folder}/duckdb.parquet"]
        shoplab = [sys.executable, "-m", "engine", "load", "bench", "--searches", str(log)]
        costs = {}
        for name, command in {"duckdb": duckdb, "shoplab": shoplab}.items():
            costs[name] = cost = measure(command, environment)
            print(
                f"{name:8} {cost.wall:6.1f} s wall {cost.processor:6.1f} s of processor "
                f"{cost.memory:6.0f} MB"
            )
        ratio = costs["shoplab"].processor / costs["duckdb"].processor
        wall = costs["shoplab"].wall / costs["duckdb"].wall
        print(f"shoplab / duckdb: {ratio:.1f} in processor time, {wall:.1f} in wall time")


if __name__ == "__main__":
    main()
