"""The clock that a whole room shares: one box of the agenda at a time, running or stopped."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.room.agenda import TimeBox
from engine.room.database import room_database


@dataclass(frozen=True)
class Clock:
    """The box of the agenda that is on, since when it runs (None: stopped), and what it ran before.

    `started` is in epoch seconds, `spent` in seconds.
    """

    box: int = 0
    started: float | None = None
    spent: float = 0.0

    def seconds_left(self, agenda: Sequence[TimeBox], now: float) -> float:
        """What is left of the current box; below 0 once it is over."""
        ran = self.spent + (now - self.started if self.started is not None else 0.0)
        return agenda[self.box].minutes * 60 - ran


def start_clock(workshop_id: str) -> None:
    """Let the clock run; one that runs already goes on as it is."""
    with room_database() as database:
        database.execute(
            "UPDATE workshops SET started = COALESCE(started, ?) WHERE workshop_id = ?",
            (time.time(), workshop_id),
        )


def stop_clock(workshop_id: str) -> None:
    """Stop the clock where it is."""
    with room_database() as database:
        database.execute(
            "UPDATE workshops SET spent = spent + MAX(? - COALESCE(started, ?), 0), started = NULL"
            " WHERE workshop_id = ?",
            (now := time.time(), now, workshop_id),
        )


def set_box(workshop_id: str, box: int) -> None:
    """Turn to a box of the agenda from its beginning; a running clock goes on running."""
    with room_database() as database:
        database.execute(
            "UPDATE workshops SET box = ?, spent = 0,"
            " started = CASE WHEN started IS NULL THEN NULL ELSE ? END WHERE workshop_id = ?",
            (box, time.time(), workshop_id),
        )
