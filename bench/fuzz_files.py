"""What damaged files do to a load: it is refused with a reason, or reads what is left.

`python -m bench.fuzz_files [--count 10000] [--seed 0] [--first 0]` changes good files of each kind
that a shop exports (bytes, delimiters, quotes, encodings, cells) and loads them. A fault is an
error that is no refusal, a load that takes more than 30 s of processor time, or a workspace that a
refusal changed; each is printed with the number of the file, and the exit code is 1 if there is
one. Files are parsed in this process, without the limits of the child.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from bench.damaged_files import CATALOG, make_file
from engine.errors import ShoplabError
from engine.reading import reader
from engine.reading.format import parse
from engine.reading.load import load_files
from engine.settings import PROJECT
from engine.storage.workspace import Workspace

COUNT = 10_000
SECONDS = 30
SHOWN = 500  # files between two lines about the progress


class Hang(BaseException):
    """A load took too long."""


def _stop(*_: object) -> None:
    raise Hang


def _state(workspace: Workspace) -> list[tuple[str, int, int]]:
    """The files of the workspace, with what is the same as long as nobody writes to them."""
    files = sorted(path for path in workspace.folder.rglob("*") if path.is_file())
    # A lock is made by whoever asks for it.
    return [
        (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for path in files
        if path.suffix != ".lock"
    ]


def load(workspace: Workspace, folder: Path, number: int, seed: int) -> tuple[str, str | None]:
    """What became of a file (`loaded` or `refused`), and its fault, if it has one."""
    table, name, content = make_file(number, seed)
    path = folder / name
    path.write_bytes(content)
    before = _state(workspace)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        load_files(workspace, {table: path}, skip_bad_rows=number % 2 == 0)
    except ShoplabError as refusal:
        refusal.message("en")
        refusal.message("zh")
        return "refused", None if _state(workspace) == before else "the refusal changed the shop"
    except Hang:
        return "refused", f"more than {SECONDS} s"
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if str(PROJECT / "engine") in frame.filename]
        frame = (own or frames)[-1]
        return "refused", f"{Path(frame.filename).name}:{frame.lineno} {error!r:.200}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        path.unlink()
    return "loaded", None


@contextlib.contextmanager
def _in_this_process() -> Iterator[None]:
    """Parse every file here while the block runs, and interrupt what takes too long."""
    before = signal.signal(signal.SIGPROF, _stop)
    try:
        with patch.object(reader, "parse_in_child", parse):
            yield
    finally:
        signal.signal(signal.SIGPROF, before)


def fuzz(count: int, seed: int, first: int = 0) -> tuple[Counter[str], dict[str, int]]:
    """How many files were loaded and refused, and each fault with the first file that showed it."""
    outcomes: Counter[str] = Counter()
    faults: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder, _in_this_process():
        workspace = Workspace.create("fuzz")
        catalog = Path(folder) / "catalog.csv"
        catalog.write_text(CATALOG, encoding="utf-8")
        load_files(workspace, {"products": catalog})
        for number in range(first, first + count):
            outcome, fault = load(workspace, Path(folder), number, seed)
            outcomes[outcome] += 1
            if fault is not None:
                faults.setdefault(fault, number)
            if number % SHOWN == 0 and number:
                print(f"{number:,}: {dict(outcomes)}, {len(faults)} faults", file=sys.stderr)
    return outcomes, faults


def main() -> int:
    """Load so many damaged files in a home of its own."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=COUNT)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--first", type=int, default=0)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHOPLAB_HOME"] = home
        outcomes, faults = fuzz(chosen.count, chosen.seed, chosen.first)
    print(f"{chosen.count:,} files: {dict(outcomes)}, {len(faults)} faults", flush=True)
    for fault, number in faults.items():
        print(f"  {fault}\n    file {number}: {make_file(number, chosen.seed)!r:.300}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
