"""Where a worker reports to: straight into the store, or as lines in its log on a cluster."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol, TextIO

import psutil

from engine.jobs.job import Job, State
from engine.jobs.store import Store

JOB_VARIABLE = "SHOPLAB_JOB"
MARK = "shoplab-job "


class Journal(Protocol):
    """Takes the reports of one attempt."""

    def record(self, kind: str, name: str, value: float | None, step: int) -> None:
        """Append an event."""

    def show(self, stage: str, done: int, total: int) -> None:
        """Report how far the stage has got."""

    def beat(self) -> bool | None:
        """Renew the lease; True if the user asked for a stop, None if the attempt is over."""

    def settle(self, state: State, reason: str | None, params: Mapping[str, Any]) -> None:
        """End the attempt."""


class StoreJournal:
    """Writes reports straight into the store on this machine."""

    def __init__(self, store: Store, job: Job) -> None:
        self.store, self.job = store, job

    def record(self, kind: str, name: str, value: float | None, step: int) -> None:
        """See `Store.record`."""
        self.store.record(self.job, kind, name, value, step)

    def show(self, stage: str, done: int, total: int) -> None:
        """See `Store.show`."""
        self.store.show(self.job, stage, done, total)

    def beat(self) -> bool | None:
        """See `Store.beat`."""
        return self.store.beat(self.job)

    def settle(self, state: State, reason: str | None, params: Mapping[str, Any]) -> None:
        """See `Store.settle`."""
        self.store.settle(self.job, state, reason, params)


class LineJournal:
    """Prints reports as marked JSON lines, `[method, *arguments]`, which `replay` reads."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self.stream = stream

    def record(self, kind: str, name: str, value: float | None, step: int) -> None:
        """Append an event."""
        self._line("record", kind, name, value, step)

    def show(self, stage: str, done: int, total: int) -> None:
        """Report how far the stage has got."""
        self._line("show", stage, done, total)

    def beat(self) -> bool | None:
        """Print that the worker is alive; a request to stop comes as a signal instead."""
        self._line("beat")
        return False

    def settle(self, state: State, reason: str | None, params: Mapping[str, Any]) -> None:
        """End the attempt."""
        self._line("settle", state, reason, dict(params))

    def _line(self, *call: object) -> None:
        # A line is written at once, as the thread that beats writes to the same stream.
        self.stream.write(f"{MARK}{json.dumps(call, default=str)}\n")
        self.stream.flush()


def replay(log: str, journal: Journal, recorded: int) -> int:
    """Pass the reports in a worker's `log` on to `journal`, and return how many there are.

    The first `recorded` events are left out, since the journal has them. An unfinished last line is
    left for the next call.
    """
    calls = [call for line in log.split("\n")[:-1] for call in _calls(line)]
    events = [arguments for method, *arguments in calls if method == "record"]
    for event in events[recorded:]:
        journal.record(*event)
    for arguments in [rest for method, *rest in calls if method == "show"][-1:]:
        journal.show(*arguments)
    for arguments in [rest for method, *rest in calls if method == "settle"][-1:]:
        journal.settle(*arguments)
    return len(calls)


def _calls(line: str) -> list[list[Any]]:
    # A progress bar, which ends no line, may come before the mark.
    _, mark, text = line.partition(MARK)
    try:
        return [json.loads(text)] if mark else []
    except ValueError:  # another process wrote into the same line
        return []


def environment(job: Job) -> dict[str, str]:
    """The job as an environment variable, for a worker on a machine that can't read the store."""
    return {JOB_VARIABLE: json.dumps(asdict(job))}


def on_cluster() -> bool:
    """Whether this process is a worker on a cluster."""
    return JOB_VARIABLE in os.environ


def open_journal(job_id: str) -> tuple[Job, Journal] | None:
    """The job that this process runs and its journal; None if another process runs it."""
    if on_cluster():
        return Job(**json.loads(os.environ[JOB_VARIABLE])), LineJournal()
    store = Store()
    job = store.get(job_id)
    if not store.register(job, os.getpid(), psutil.Process().create_time()):
        return None
    return job, StoreJournal(store, job)
