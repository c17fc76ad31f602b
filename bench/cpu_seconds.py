"""How much processor time the app, its models and its trainings have used."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


class CpuSeconds:
    """The processor time (user and system) of every process that works on one state folder.

    A process counts with what it had used when it was last seen, so `look` often.
    """

    def __init__(self, home: Path) -> None:
        self._mark = f"SHOPLAB_HOME={home}".encode()
        self._seconds: dict[str, float] = {}

    def look(self) -> float:
        """Look at all processes; the seconds so far."""
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark not in (process / "environ").read_bytes().split(b"\0"):
                    continue
                fields = (process / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            self._seconds[f"{process.name} {fields[19]}"] = sum(map(int, fields[11:13])) / _TICK
        return sum(self._seconds.values())
