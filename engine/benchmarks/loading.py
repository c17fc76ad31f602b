"""Loading a search log, beside DuckDB and pandas that write the same file as Parquet."""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from engine.benchmarks.comparison import Comparison, Size
from engine.benchmarks.cost import alternate, figures, run_command
from engine.benchmarks.peers import is_installed, named
from engine.benchmarks.search_log import write_log
from engine.settings import child_environment, cpu_threads
from engine.storage.workspace import Workspace

EVENTS = {"smallest": 200, "usual": 100_000, "full": 1_000_000}
ROUNDS = {"smallest": 1, "usual": 3, "full": 3}
PEERS = {
    "duckdb": """
import duckdb, sys
duckdb.connect(config={"threads": int(sys.argv[3])}).execute(
    f"copy (from read_csv('{sys.argv[1]}')) to '{sys.argv[2]}' "
    "(format parquet, compression zstd)")
""",
    "pandas": """
import pandas, sys
pandas.read_csv(sys.argv[1]).to_parquet(sys.argv[2], compression="zstd", index=False)
""",
}


def compare(size: Size) -> list[Comparison]:
    """Load one log, a checked and mapped table here and a bare copy there."""
    return compare_log(EVENTS[size], ROUNDS[size], tuple(PEERS))


def compare_log(count: int, rounds: int, peers: tuple[str, ...]) -> list[Comparison]:
    """Load `count` events of CSV as commands of their own, in turn with each of `peers`."""
    what = f"{count:,} events of CSV to compressed Parquet"
    times = "measured once; " if rounds == 1 else ""
    there = [name for name in peers if is_installed(name)]
    if not there:
        return [Comparison(what, name, missing="not_installed") for name in peers]
    environment = child_environment()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.csv"
        write_log(log, count)
        environment["SHOPLAB_HOME"] = os.environ["SHOPLAB_HOME"]
        load = [sys.executable, "-m", "engine", "load", "bench", "--searches", str(log)]
        commands = {"ours": load}
        for name in there:
            copy = [str(log), f"{folder}/{name}.parquet", str(cpu_threads())]
            commands[name] = [sys.executable, "-c", PEERS[name], *copy]
        costs = alternate(
            {name: partial(run_command, each, environment) for name, each in commands.items()},
            rounds,
        )
        ours = len(Workspace.open("bench").tables().searches)
        rows = {name: pq.read_metadata(f"{folder}/{name}.parquet").num_rows for name in there}
    return [
        Comparison(
            what,
            named(name),
            figures(costs["ours"], costs[name]),
            f"{times}rows {ours:,} and {rows[name]:,}",
            ours == rows[name] == count,
        )
        if name in there
        else Comparison(what, name, missing="not_installed")
        for name in peers
    ]
