"""Summaries of large tables, made in a child process with limited time and memory.

Whoever answers others in the same process opens tables with `served`. What takes longer the more
rows they have (`engine.tables.tables.summary`) is then made by `engine.storage.summary_process`,
once for each load, and read from the disk from then on (`engine.storage.kept_summaries`).
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import TypeVar, TypeVarTuple

from cachetools import TTLCache

from engine.codec import encode
from engine.errors import InputError
from engine.settings import child_environment, home
from engine.storage.kept_summaries import KeptSummaries, is_kept, read_outcome
from engine.storage.lock import hold, take
from engine.storage.scratch import scratch_folder
from engine.storage.workspace import Workspace
from engine.tables.tables import Tables

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Smaller shops take at most a few seconds, about as long as a child with its libraries would.
MOST_HERE = 500_000
CHILD_SECONDS = 300
CHILD_MEMORY_BYTES = 4_000_000_000  # of private writable memory
# One child on a machine, whichever process asks for it.
WAIT_SECONDS = 300.0
ASK_SECONDS = 0.1
COMMAND = (sys.executable, "-m", "engine.storage.summary_process")

# So that what a child reserves is hardly more than what it uses: 3.0 in place of 4.1 GB.
_SPARING = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}


class SummaryRefused(InputError):
    """A large log could not be worked through: it takes too much, or others keep the turn."""


# Why a child left nothing. A page asks again at each of its reruns, which tries again later.
_refusals: TTLCache[tuple[str, ...], SummaryRefused] = TTLCache(256, 600)
_refusals_lock = Lock()


def served(
    workspace: Workspace,
    tables: Tables,
    waiting: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> Tables:
    """The tables of `workspace` for a process that answers others meanwhile.

    `waiting` surrounds the wait for a child process, as with a sign that something is worked out.
    """
    if sum(record["rows"] for record in workspace.about_tables().values()) <= MOST_HERE:
        return tables
    return tables.with_elsewhere(Summaries(workspace, waiting))


class Summaries:
    """Makes summaries of a workspace's tables as they are now, in a child process.

    Its methods raise the InputError of tables that say too little, and SummaryRefused for what
    takes too much time or memory, for tables that were replaced meanwhile, and where others keep
    the machine busy.
    """

    def __init__(
        self, workspace: Workspace, waiting: Callable[[], AbstractContextManager[object]]
    ) -> None:
        self._kept = KeptSummaries(workspace.folder, workspace.generation, workspace.language)
        self._waiting = waiting

    def summarise(self, derive: Callable[[Tables], T], *, corrections: bool = False) -> T:
        """The result of `derive`, made once for the rows, and the corrections if it reads them."""
        file = self._kept.file_of(derive, corrections=corrections)
        if not is_kept(file):
            self._run(derive, file)
        return read_outcome(derive, file)

    def work_out(self, derive: Callable[[Tables, *Ts], T], *args: *Ts) -> T:
        """The result of `derive` for the tables and some arguments, which is not kept."""
        with scratch_folder() as scratch:
            self._run(derive, scratch / "outcome", encode(args))
            return read_outcome(derive, scratch / "outcome")

    def _run(self, derive: Callable[..., object], file: Path, arguments: object = None) -> None:
        kept = self._kept
        about = (str(kept.workspace), kept.generation, kept.language)
        wanted = (derive.__module__, derive.__qualname__, json.dumps(arguments))
        with _refusals_lock:
            refusal = _refusals.get(about + wanted)
        if refusal is None:
            with self._waiting(), hold(kept.workspace / kept.generation) as exists, _turn():
                if not exists:
                    raise SummaryRefused("summaries.gone")
                # Another process may have made it while this one waited for its turn.
                if is_kept(file):
                    return
                refusal = _run_child([*COMMAND, *about, *wanted, str(file)])
        if refusal is not None:
            with _refusals_lock:
                _refusals[about + wanted] = refusal
            raise refusal


def _run_child(command: list[str]) -> SummaryRefused | None:
    """Run the child to its end; the reason why it left nothing, if it did not."""
    with scratch_folder() as scratch, (scratch / "errors").open("w+b") as errors:
        try:
            done = subprocess.run(
                command,
                env=child_environment() | _SPARING,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                timeout=CHILD_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return SummaryRefused("summaries.too_slow", seconds=CHILD_SECONDS)
        errors.seek(0)
        return _explain(done.returncode, errors.read()) if done.returncode else None


def _explain(code: int, errors: bytes) -> SummaryRefused:
    if code == -signal.SIGXCPU:
        return SummaryRefused("summaries.too_slow", seconds=CHILD_SECONDS)
    # Without memory a library aborts or raises MemoryError.
    if code < 0 or b"MemoryError" in errors or b"malloc" in errors:
        return SummaryRefused("summaries.too_heavy")
    logger.error("a summary's child ended with %d: %s", code, errors.decode(errors="replace"))
    return SummaryRefused("summaries.failed")


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Hold the machine's turn to make a summary. Raises SummaryRefused if it stays taken."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (lock := take(home() / ".summaries.lock")) is None:
        if time.monotonic() >= deadline:
            raise SummaryRefused("summaries.busy")
        time.sleep(ASK_SECONDS)
    try:
        yield
    finally:
        os.close(lock)
