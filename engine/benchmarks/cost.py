"""What a piece of work costs, and how two pieces are measured fairly: in turn, in one run."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from engine.benchmarks.comparison import Figure

T = TypeVar("T")

# Only a parent that has had no other child knows the peak of the one.
_CHILD = (
    "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:],"
    " stdout=subprocess.DEVNULL); use = resource.getrusage(resource.RUSAGE_CHILDREN);"
    "print(use.ru_utime + use.ru_stime, use.ru_maxrss / 1024); sys.exit(done.returncode)"
)


@dataclass(frozen=True)
class Cost:
    """Wall and processor seconds, and of a command the peak of its largest process in MB."""

    wall: float
    processor: float
    memory: float = 0.0


def run(work: Callable[[], object]) -> Cost:
    """What a function of this process costs, with all threads."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - processor)


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """What a command costs, with all its children. Raises CalledProcessError where it fails."""
    # A machine where it runs again keeps the bytecode of the first time.
    kept = {name: text for name, text in environment.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *command],
        env=kept,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    wall = time.perf_counter() - begin
    processor, memory = map(float, done.stdout.split())
    return Cost(wall, processor, memory)


def in_turn(sides: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each side gives in `rounds` rounds, each side once a round.

    Every other round goes backwards, so that no side always finds the warmer machine.
    """
    found: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            found[name].append(sides[name]())
    return found


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(
        median(one.wall for one in costs),
        median(one.processor for one in costs),
        median(one.memory for one in costs),
    )


def alternate(sides: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """The medians of each side's costs after `rounds` measurements `in_turn`."""
    return {name: middle(costs) for name, costs in in_turn(sides, rounds).items()}


def figures(
    ours: Cost, peer: Cost, count: int = 1, unit: str = "s", of: str = ""
) -> tuple[Figure, ...]:
    """Wall time, processor time and, where it was measured, memory of both sides.

    With `unit` ms they are milliseconds for each of `count` equal pieces of work. `of` says of
    what they are, where that is only a part of the work.
    """
    of = f"{of}, " if of else ""
    factor = {"s": 1, "ms": 1000}[unit] / count
    times = (
        Figure(f"{of}wall", unit, ours.wall * factor, peer.wall * factor),
        Figure(f"{of}processor", unit, ours.processor * factor, peer.processor * factor),
    )
    if not ours.memory:
        return times
    return (*times, Figure(f"{of}peak memory", "MB", ours.memory, peer.memory))
