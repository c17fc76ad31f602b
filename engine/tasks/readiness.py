"""Whether there is enough to learn from: the same three levels for every task."""

from collections.abc import Mapping

from engine.tasks.base import Advice, Level, Readiness


def level_of(examples: int, ready: int, thin: int) -> Level:
    """`ready` from that many examples on, `missing` with fewer than `thin` of them."""
    return "ready" if examples >= ready else "thin" if examples >= thin else "missing"


def rate(
    examples: int, ready: int, thin: int, counts: Mapping[str, int], lack: Advice, *hints: Advice
) -> Readiness:
    """The readiness of a task that found so many `examples` (see `level_of`).

    `lack` says what would help as long as the task is not ready, `hints` are given in any case.
    """
    level = level_of(examples, ready, thin)
    return Readiness(level, counts, [*([] if level == "ready" else [lack]), *hints])


def next_goal(examples: int, ready: int, thin: int) -> int:
    """How many examples the next level needs."""
    return thin if examples < thin else ready
