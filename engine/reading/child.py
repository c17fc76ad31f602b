"""Parses files in a child process with limited memory and time, so that none can crash the app.

The child leaves an Arrow file with the text and a JSON file with the rest; nothing is pickled.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Lock

import pyarrow as pa
from cachetools import LRUCache

from engine.errors import InputError, Problem
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


def parse_in_child(path: Path, name: str, scratch: Path, place: Place) -> Parsed:
    """`engine.reading.format.parse` in a child process, which writes its results to `scratch`.

    Raises InputError like `parse`, for a file that needs too much memory or time, and if too many
    files are being parsed. A file that was refused is not parsed again.
    """
    from engine.reading.budget import parsing_turn  # the child needs no turn, nor what counts them

    mark = _mark(path, name, place)
    with _refusals_lock:
        refusal = _refusals.get(mark)
    if refusal is not None:
        raise refusal
    with parsing_turn():
        try:
            return _parse(path, name, scratch, place)
        except InputError as error:
            with _refusals_lock:
                _refusals[mark] = error
            raise


def _mark(path: Path, name: str, place: Place) -> tuple[object, ...]:
    """What is the same for a file as long as nobody writes to it."""
    about = path.stat()
    return (path.resolve(), about.st_ino, about.st_mtime_ns, about.st_size, name, place)


def _parse(path: Path, name: str, scratch: Path, place: Place) -> Parsed:
    command = [
        sys.executable,
        "-m",
        "engine.reading.child_process",
        str(path.resolve()),
        name,
        str(scratch),
        json.dumps(asdict(place)),
    ]
    try:
        finished = subprocess.run(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limits.CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise refuse("too_slow", name, seconds=limits.CHILD_SECONDS) from error
    if not (scratch / OUTCOME).exists():
        raise refuse(_explain(finished.returncode, finished.stderr), name)
    outcome = json.loads((scratch / OUTCOME).read_text(encoding="utf-8"))
    problems = [Problem(**problem) for problem in outcome["problems"]]
    if "code" in outcome:
        raise InputError(outcome["code"], problems, **outcome["params"])
    rows = read_arrow(scratch / ROWS).column(0)
    view = None
    if sheet := outcome["view"]:
        view = View(**{**sheet, "rows": [(row, cells) for row, cells in sheet["rows"]]})
    text = TextTable(
        read_arrow(scratch / TABLE),
        rows,
        problems,
        outcome["rejected"],
        outcome["left_out"],
        view,
    )
    return Parsed(text, outcome["format"], outcome["encoding"], outcome["delimiter"])


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write a table as it lies in memory: the parent reads it back at once."""
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def read_arrow(path: Path) -> pa.Table:
    """The table that `write_arrow` wrote; its pages are read from the file when they are needed."""
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        return reader.read_all()


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
    try:
        parsed = parse(path, name, scratch, place)
        # What a few bytes stand for may be long, and the page that reads it has no memory limit.
        if plain_bytes(parsed.text.table) > limits.FILE_BYTES:
            raise refuse("too_big", name, limit_mb=limits.FILE_BYTES // 1_000_000)
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
