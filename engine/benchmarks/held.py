"""Both sides in processes of their own: what one holds is no memory of the other's."""

import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import psutil

from engine.benchmarks import openings
from engine.benchmarks.comparison import Figure
from engine.benchmarks.cost import Cost, in_turn, middle, run, run_command
from engine.codec import decode, encode
from engine.settings import child_environment

MEGABYTE = 2**20
_PRODUCTS, _QUERIES, _REPORT = "products.parquet", "queries.json", "report.json"


@dataclass(frozen=True)
class Report:
    """What a side took to open its products and to answer all queries, and what it answered.

    `private` are the MB that its process holds at the end without the files that it maps, `peak`
    the most that it ever held with them.
    """

    opened: Cost
    asked: Cost
    private: float
    answers: list[Any]
    peak: float = 0.0


def report_in_turn(
    names: dict[str, str], products: pd.DataFrame, queries: Sequence[str], rounds: int
) -> dict[str, Report]:
    """The medians of both sides, which begin anew every round; the answers are the last ones.

    `names` are functions of `engine.benchmarks.openings` by side.
    """
    with tempfile.TemporaryDirectory() as folder:
        products.to_parquet(Path(folder) / _PRODUCTS)
        (Path(folder) / _QUERIES).write_text(json.dumps(list(queries)), encoding="utf-8")
        found = in_turn({s: partial(_report, name, folder) for s, name in names.items()}, rounds)
    return {side: _middle(reports) for side, reports in found.items()}


def memory(ours: Report, peer: Report) -> tuple[Figure, ...]:
    """The memory of both sides."""
    return (
        Figure("peak memory", "MB", ours.peak, peer.peak),
        Figure("private memory", "MB", ours.private, peer.private),
    )


def _report(name: str, folder: str) -> Report:
    command = [sys.executable, "-m", "engine.benchmarks.held", name, folder]
    peak = run_command(command, child_environment()).memory
    record = json.loads((Path(folder) / _REPORT).read_text(encoding="utf-8"))
    return replace(decode(Report, record), peak=peak)


def _middle(reports: Sequence[Report]) -> Report:
    return Report(
        middle([one.opened for one in reports]),
        middle([one.asked for one in reports]),
        median(one.private for one in reports),
        reports[-1].answers,
        median(one.peak for one in reports),
    )


def main(name: str, folder: str) -> None:
    """Open the products in `folder`, ask its queries, and leave the report there."""
    place = Path(folder)
    products = pd.read_parquet(place / _PRODUCTS)
    queries = json.loads((place / _QUERIES).read_text(encoding="utf-8"))
    asks: list[openings.Ask] = []
    answers: list[Any] = []
    with tempfile.TemporaryDirectory() as own:
        opened = run(lambda: asks.append(getattr(openings, name)(products, Path(own))))
        asked = run(lambda: answers.extend(map(asks[0], queries)))
        about = psutil.Process().memory_info()
    private = (about.rss - getattr(about, "shared", 0)) / MEGABYTE
    record = encode(Report(opened, asked, private, answers))
    (place / _REPORT).write_text(json.dumps(record), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
