"""Parses files in a child process with limited memory and time, so that none can crash the app.

Meanwhile the child writes down how much of the file is read. `engine.reading.child_process` is what
runs in it, `engine.reading.handover` how the text comes back. Nothing heavy is imported here before
the child runs.
"""

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Self

from cachetools import LRUCache

from engine.errors import InputError
from engine.progress import Progress, Silent
from engine.reading import limits
from engine.reading.budget import parsing_turn
from engine.reading.layout import Place
from engine.reading.limits import refuse
from engine.settings import SAMPLE_DATA, child_environment
from engine.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from engine.reading.format import Parsed

logger = logging.getLogger(__name__)

# A smaller text file is parsed in this process: starting another one would take longer than the
# worst of them (docs/security.md).
SMALL_BYTES = 50_000
COMMAND = (sys.executable, "-m", "engine.reading.child_process")
SHARE = "share"
ERRORS = "errors"
ASK_SECONDS = 0.1

_Mark = tuple[object, ...]
# A page asks again at each of its reruns. The refusals are kept that were made last.
_refusals: LRUCache[_Mark, InputError] = LRUCache(256)
_refusals_lock = Lock()


class Parsing:
    """A child process that parses a file and writes its results to a folder, and its turn to do so.

    The end of a `with` block kills it. Raises InputError if too many files are being parsed.
    """

    def __init__(self, path: Path, name: str, scratch: Path, place: Place) -> None:
        self.name, self.scratch = name, scratch
        files = {"file": str(path.resolve()), "folder": str(scratch)}
        task = {**files, "name": name, "place": asdict(place)}
        (scratch / ERRORS).touch()
        with ExitStack() as held:
            held.enter_context(parsing_turn())
            self._deadline = time.monotonic() + limits.CHILD_SECONDS
            self._child = held.enter_context(_prepared.pop() if _prepared else _start_child())
            held.callback(self._child.kill)
            assert self._child.stdin is not None  # noqa: S101 - it is a pipe
            with suppress(BrokenPipeError), self._child.stdin as line:  # a child may have died
                line.write(f"{json.dumps(task)}\n".encode())
            self._held = held.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def wait(self, progress: Progress) -> int:
        """The child's exit status. Raises InputError if it takes too long.

        `progress` is told how many per cent are read, as stage `read`, and may stop it.
        """
        told = -1
        # `Popen.wait` with a time limit would sleep up to 50 ms beyond the end.
        waiting = Thread(target=self._child.wait, daemon=True)
        waiting.start()
        while waiting.is_alive():
            progress.check()
            if time.monotonic() >= self._deadline:
                raise refuse("too_slow", self.name, seconds=limits.CHILD_SECONDS)
            if (percent := self._percent_read()) > told:
                told = percent
                progress.stage("read", percent, 100)
            waiting.join(ASK_SECONDS)
        return self._child.wait()

    def _percent_read(self) -> int:
        try:
            return round(100 * float((self.scratch / SHARE).read_text(encoding="ascii")))
        except (FileNotFoundError, ValueError):  # not begun, or just being written
            return 0


# A child that waits for the file that it is to parse.
_prepared: list[subprocess.Popen[bytes]] = []


def prepare_child(arguments: Iterable[str]) -> None:
    """Start a child if a file needs one among the arguments of a command.

    It imports what it needs while this process reads what the user wants, which takes as long.
    """
    # An argument may be too long for a path.
    if any(os.path.isfile(text) and needs_child(Path(text)) for text in arguments):  # noqa: PTH113
        _prepared.append(_start_child())


def _start_child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND,
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # until it knows the folder for it
    )


# Files that are being parsed before anybody asked for their text.
_ahead: dict[_Mark, Parsing] = {}


@contextmanager
def parse_ahead(path: Path, name: str, place: Place) -> Iterator[None]:
    """Begin to parse a file that the block will ask `parse_in_child` for.

    What the block imports for that takes as long as half a million rows. A file that needs no
    child, or that is refused before it is parsed, is left alone.
    """
    with ExitStack() as held:
        allowed = limits.most_bytes(place.table)
        if path.is_file() and needs_child(path) and path.stat().st_size <= allowed:
            scratch = held.enter_context(scratch_folder())
            mark = _mark(path, name, place)
            _ahead[mark] = held.enter_context(Parsing(path, name, scratch, place))
            held.callback(_ahead.pop, mark, None)
        yield


def needs_child(path: Path) -> bool:
    """Whether to parse even a text would take this process long; a sample is nobody's file."""
    return path.stat().st_size > SMALL_BYTES and not path.is_relative_to(SAMPLE_DATA)


def parse_in_child(
    path: Path, name: str, scratch: Path, place: Place, progress: Progress | None = None
) -> "Parsed":
    """`engine.reading.format.parse` in a child process, which writes its results to `scratch`.

    `progress` is told how many per cent are read, as stage `read`. Raises InputError like `parse`,
    for a file that needs too much memory or time, and if too many files are being parsed. A file
    that was refused is not parsed again.
    """
    mark = _mark(path, name, place)
    with _refusals_lock:
        refusal = _refusals.get(mark)
    if refusal is not None:
        raise refusal
    with _ahead.pop(mark, None) or Parsing(path, name, scratch, place) as parsing:
        try:
            return _finish(parsing, progress or Silent())
        except InputError as error:
            with _refusals_lock:
                _refusals[mark] = error
            raise


def _mark(path: Path, name: str, place: Place) -> _Mark:
    """What is the same for a file as long as nobody writes to it."""
    about = path.stat()
    return (path.resolve(), about.st_ino, about.st_mtime_ns, about.st_size, name, place)


def _finish(parsing: Parsing, progress: Progress) -> "Parsed":
    from engine.reading.handover import read_parsed  # imports pyarrow

    code = parsing.wait(progress)
    parsed = read_parsed(parsing.scratch)
    if parsed is None:
        raise refuse(_explain(code, (parsing.scratch / ERRORS).read_bytes()), parsing.name)
    return parsed


def _explain(code: int, errors: bytes) -> str:
    """The reason why a child left no outcome; without memory it aborts or raises MemoryError."""
    if code < 0 or b"MemoryError" in errors:
        return "too_heavy"
    logger.error("the reader's child ended with %d: %s", code, errors.decode(errors="replace"))
    return "unreadable"
