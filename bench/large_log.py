"""What a search log of a million events costs to load, beside DuckDB alone.

Both start from the same generated file, as processes of their own and in turn: `python -m engine
load` into a workspace, and DuckDB to Parquet with zstd. Printed are the medians of the processor
seconds and the wall time of each with its children, of the most memory that any one of its
processes held, and the ratios. DuckDB is no part of Shoplab: `pip install duckdb`.

    python bench/large_log.py [--events 1000000] [--format csv|parquet|jsonl] [--rounds 3]
"""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.benchmarks.cost import alternate, run_command
from engine.benchmarks.search_log import write_log

DUCKDB = """
import duckdb, sys
duckdb.connect(config={"threads": 2}).execute(
    f"copy (from read_{sys.argv[1]}('{sys.argv[2]}')) to '{sys.argv[3]}' "
    "(format parquet, compression zstd)")
"""


def main() -> None:
    """Generate the log, load it both ways and print what that cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--format", choices=("csv", "parquet", "jsonl"), default="csv")
    parser.add_argument("--rounds", type=int, default=3)
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
        commands = {"duckdb": duckdb, "shoplab": shoplab}
        costs = alternate(
            {name: partial(run_command, each, environment) for name, each in commands.items()},
            choice.rounds,
        )
        for name, cost in costs.items():
            print(
                f"{name:8} {cost.wall:6.1f} s wall {cost.processor:6.1f} s of processor "
                f"{cost.memory:6.0f} MB"
            )
        ratio = costs["shoplab"].processor / costs["duckdb"].processor
        wall = costs["shoplab"].wall / costs["duckdb"].wall
        print(f"shoplab / duckdb: {ratio:.1f} in processor time, {wall:.1f} in wall time")


if __name__ == "__main__":
    main()
