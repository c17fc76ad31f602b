"""The worker: a process for one attempt of one job. `python -m engine.jobs.runner JOB_ID`.

When it is told to stop it just stops, without marking the job as cancelled. The supervisor knows
whether the user asked for that, and decides whether the job is over or goes on later.
"""

import contextlib
import os
import signal
import sqlite3
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from engine.errors import Cancelled, ShoplabError
from engine.jobs.job import State
from engine.jobs.journal import Journal, open_journal
from engine.jobs.kinds import KINDS, Kind
from engine.models.permission import permitting
from engine.storage.printing import survive_full_logs
from engine.storage.trouble import DiskTrouble, trouble_of
from engine.storage.workspace import Workspace

BEAT_SECONDS = 2.0
NICENESS = 10
INTERRUPTED = 128 + signal.SIGTERM


class JobProgress:
    """Reports progress to a job's journal, and stops the work when `stop` is set."""

    def __init__(self, journal: Journal) -> None:
        self.stop = threading.Event()
        self._journal = journal
        self._stage = ""

    def stage(self, name: str, done: int = 0, total: int = 0) -> None:
        """Report how far the stage has got; entering a stage is recorded as an event."""
        if name != self._stage:
            self._stage = name
            self._journal.record("stage", name, None, 0)
        self._journal.show(name, done, total)

    def point(self, metric: str, value: float, step: int) -> None:
        """Record one point of a curve."""
        self._journal.record("point", metric, float(value), int(step))

    def check(self) -> None:
        """Raise `Cancelled` if the work is to stop."""
        if self.stop.is_set():
            raise Cancelled


def run(job_id: str, kinds: Mapping[str, Kind] = KINDS) -> int:
    """Do the job and report how it ended; returns the exit status of the process."""
    opened = open_journal(job_id)
    if opened is None:
        return INTERRUPTED
    job, journal = opened
    progress = JobProgress(journal)
    signal.signal(signal.SIGTERM, lambda *_: progress.stop.set())
    threading.Thread(target=_beat, args=(journal, progress.stop), daemon=True).start()
    try:
        with permitting(downloads=True):
            kinds[job.kind].work(Workspace.open(job.workspace), job, progress)
    except Cancelled:
        return INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        _settle(journal, "failed", *_reason(error))
        return 1
    _settle(journal, "done", None, {})
    return 0


def _settle(
    journal: Journal, state: State, reason: str | None, params: Mapping[str, object]
) -> None:
    """End the attempt, as soon as a full disk has room to say so: silence would look like a kill.

    The supervisor ends a wait that lasts longer than the lease.
    """
    while True:
        try:
            journal.settle(state, reason, params)
            return
        except DiskTrouble as trouble:
            if trouble.code != "disk.full":
                raise
        threading.Event().wait(BEAT_SECONDS)


def _beat(journal: Journal, stop: threading.Event) -> None:
    while True:
        # A full or busy disk, or a database that restarts, says nothing about the attempt: the next
        # beat may get through.
        with contextlib.suppress(sqlite3.Error, OSError, ShoplabError):
            # An attempt that was given up (None) has to stop as much as a cancelled one.
            if journal.beat() is not False:
                stop.set()
        threading.Event().wait(BEAT_SECONDS)


def _reason(error: Exception) -> tuple[str, Mapping[str, Any]]:
    if isinstance(error, ShoplabError):
        return error.code, error.params
    if trouble := trouble_of(error):
        return trouble.code, trouble.params
    if _out_of_memory(error):
        return "jobs.out_of_memory", {}
    return "jobs.crashed", {"error": f"{type(error).__name__}: {error}"}


def _out_of_memory(error: Exception) -> bool:
    # By name, as not every worker loads torch. Torch's CPU allocator raises a plain RuntimeError.
    names = {parent.__name__ for parent in type(error).__mro__}
    return bool(names & {"MemoryError", "OutOfMemoryError"}) or "DefaultCPUAllocator" in str(error)


def let_people_go_first() -> None:
    """Leave the processor to the pages and the models that answer, while they want it."""
    os.nice(NICENESS)
    # Linux shares the processor out between sessions first, and a worker has one of its own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")


def leave(status: int) -> NoReturn:
    """Exit at once: waiting for a library's thread that never ends would keep the device busy."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    survive_full_logs()
    let_people_go_first()
    leave(run(sys.argv[1]))
