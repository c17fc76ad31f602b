"""Parses files in a child process with limited memory and time, so that none can crash the app.

The child leaves an Arrow file with the text and a JSON file with the rest; nothing is pickled.
Meanwhile it writes down how much of the file is read.
"""

import json
import logging
import mmap
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Lock

import pyarrow as pa
from cachetools import LRUCache

from engine.errors import InputError, Problem
from engine.progress import Progress, Silent
from engine.reading import limits
from engine.reading.coding import plain_bytes
from engine.reading.columns import TextTable, View
from engine.reading.format import Parsed, parse
from engine.reading.layout import Place
from engine.reading.limits import refuse
from engine.settings import child_environment

logger = logging.getLogger(__name__)

# A page asks again at each of its reruns. The refusals are kept that were made last.
_refusals: LRUCache[tuple[object, ...], InputError] = LRUCache(256)
_refusals_lock = Lock()

TABLE = "table.arrow"
ROWS = "rows.arrow"
OUTCOME = "outcome.json"
SHARE = "share"
ERRORS = "errors"
ASK_SECONDS = 0.1


def parse_in_child(
    path: Path, name: str, scratch: Path, place: Place, progress: Progress | None = None
) -> Parsed:
    """`engine.reading.format.parse` in a child process, which writes its results to `scratch`.

    `progress` is told how many per cent are read, as stage `read`. Raises InputError like `parse`,
    for a file that needs too much memory or time, and if too many files are being parsed. A file
    that was refused is not parsed again.
    """
    from engine.reading.budget import parsing_turn  # the child needs no turn, nor what counts them

    mark = _mark(path, name, place)
    with _refusals_lock:
        refusal = _refusals.get(mark)
    if refusal is not None:
        raise refusal
    with parsing_turn():
        try:
            return _parse(path, name, scratch, place, progress or Silent())
        except InputError as error:
            with _refusals_lock:
                _refusals[mark] = error
            raise


def _mark(path: Path, name: str, place: Place) -> tuple[object, ...]:
    """What is the same for a file as long as nobody writes to it."""
    about = path.stat()
    return (path.resolve(), about.st_ino, about.st_mtime_ns, about.st_size, name, place)


def _parse(path: Path, name: str, scratch: Path, place: Place, progress: Progress) -> Parsed:
    command = [
        sys.executable,
        "-m",
        "engine.reading.child_process",
        str(path.resolve()),
        name,
        str(scratch),
        json.dumps(asdict(place)),
    ]
    code = _run_child(command, name, scratch, progress)
    if not (scratch / OUTCOME).exists():
        raise refuse(_explain(code, (scratch / ERRORS).read_bytes()), name)
    outcome = json.loads((scratch / OUTCOME).read_text(encoding="utf-8"))
    problems = [Problem(**problem) for problem in outcome["problems"]]
    if "code" in outcome:
        raise InputError(outcome["code"], problems, **outcome["params"])
    rows = read_arrow(scratch / ROWS)[0].column(0)
    table, pages = read_arrow(scratch / TABLE)
    view = None
    if sheet := outcome["view"]:
        view = View(**{**sheet, "rows": [(row, cells) for row, cells in sheet["rows"]]})
    text = TextTable(
        table,
        rows,
        problems,
        outcome["rejected"],
        outcome["left_out"],
        view,
        pages,
    )
    return Parsed(text, outcome["format"], outcome["encoding"], outcome["delimiter"])


def _run_child(command: list[str], name: str, scratch: Path, progress: Progress) -> int:
    """The child's exit status; it is killed if it takes too long, or if `progress` stops it."""
    deadline = time.monotonic() + limits.CHILD_SECONDS
    told = -1
    with (
        (scratch / ERRORS).open("wb") as errors,
        subprocess.Popen(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        ) as child,
    ):
        try:
            while True:
                try:
                    return child.wait(ASK_SECONDS)
                except subprocess.TimeoutExpired:
                    progress.check()
                if time.monotonic() >= deadline:
                    raise refuse("too_slow", name, seconds=limits.CHILD_SECONDS)
                if (percent := _percent_read(scratch)) > told:
                    told = percent
                    progress.stage("read", percent, 100)
        finally:
            child.kill()


def _percent_read(scratch: Path) -> int:
    try:
        return round(100 * float((scratch / SHARE).read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):  # not begun, or just being written
        return 0


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write a table as it lies in memory: the parent reads it back at once."""
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def read_arrow(path: Path) -> tuple[pa.Table, mmap.mmap]:
    """The table that `write_arrow` wrote, whose pages are read from the file as they are needed.

    Those that were read can be given back with `madvise`; they are read again if need be.
    """
    with path.open("rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with pa.ipc.open_file(pa.py_buffer(pages)) as reader:
        return reader.read_all(), pages


def _explain(code: int, errors: bytes) -> str:
    """The reason why a child left no outcome; without memory it aborts or raises MemoryError."""
    if code < 0 or b"MemoryError" in errors:
        return "too_heavy"
    logger.error("the reader's child ended with %d: %s", code, errors.decode(errors="replace"))
    return "unreadable"


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    size = limits.CHILD_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _run(path: Path, name: str, scratch: Path, place: Place) -> Mapping[str, object]:
    def tell(share: float) -> None:
        (scratch / SHARE).write_text(f"{share:.2f}", encoding="ascii")

    try:
        parsed = parse(path, name, scratch, place, tell)
        # What a few bytes stand for may be long, and the page that reads it has no memory limit.
        most = limits.most_bytes(place.table)
        if plain_bytes(parsed.text.table) > most:
            raise refuse("too_big", name, limit_mb=most // 1_000_000)
    except InputError as error:
        problems = [asdict(problem) for problem in error.details]
        return {"code": error.code, "params": error.params, "problems": problems}
    text = parsed.text
    write_arrow(text.table, scratch / TABLE)
    write_arrow(pa.table({"row": text.rows}), scratch / ROWS)
    return {
        "problems": [asdict(problem) for problem in text.problems],
        "rejected": text.rejected,
        "left_out": text.left_out,
        "view": asdict(text.view) if text.view else None,
        "format": parsed.format,
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
    }


def main(path: str, name: str, scratch: str, place: str) -> None:
    """The child's work: parse the file and, last of all, write the outcome."""
    _limit_memory()
    outcome = _run(Path(path), name, Path(scratch), Place(**json.loads(place)))
    (Path(scratch) / OUTCOME).write_text(json.dumps(outcome), encoding="utf-8")
