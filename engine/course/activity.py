"""What a team did on the pages, as far as no other file of the workspace tells it.

```
<workspace>/course/activity.jsonl            a line an act, the newest last
<workspace>/course/activity.previous.jsonl   those before, once the file is full
```

A note costs one short write: no lock and no `fsync`, since an act that a power cut loses is done
again in a moment. A person is kept as a hash, because the id of a tab is its only key.
"""

import functools
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.storage.files import make_folder
from engine.storage.workspace import Workspace

# A team that asks a new question every ten seconds fills the file in half a day.
MOST_BYTES = 1_000_000
LONGEST_TEXT, MOST_TEXTS = 120, 12


@dataclass(frozen=True)
class Act:
    """One act: what was done, when (epoch seconds), by whom (`person_mark`), and its details."""

    act: str
    time: float
    person: str
    details: Mapping[str, object]


def person_mark(person: str) -> str:
    """What stands for a person's id where others may see it; empty for nobody."""
    return hashlib.sha256(person.encode("utf-8", "replace")).hexdigest()[:12] if person else ""


def note(workspace: Workspace, act: str, person: str, **details: object) -> None:
    """Note that `person` did `act`; long texts and lists are cut."""
    file = _file(workspace)
    row = {"act": act, "time": time.time(), "person": person_mark(person)}
    line = json.dumps(row | {name: _cut(value) for name, value in details.items()})
    try:
        size = _append(file, line)
    except FileNotFoundError:
        make_folder(file.parent)
        size = _append(file, line)
    if size > MOST_BYTES:
        os.replace(file, _previous(file))


def read_acts(workspace: Workspace) -> tuple[Act, ...]:
    """Every act that is kept, the oldest first; read again only after a new one."""
    file = _file(workspace)
    return (*_read(_previous(file), _stamp(_previous(file))), *_read(file, _stamp(file)))


def stamp(workspace: Workspace) -> tuple[int, int]:
    """A mark that changes with every act."""
    return _stamp(_file(workspace))


def _append(file: Path, line: str) -> int:
    """Append a line; the size of the file with it."""
    with file.open("ab", buffering=0) as log:
        # One write to a file that is opened for appending: lines of several processes do not mix.
        log.write(line.encode() + b"\n")
        return log.tell()


@functools.lru_cache(maxsize=64)
def _read(file: Path, _stamp: tuple[int, int]) -> tuple[Act, ...]:
    try:
        lines = file.read_bytes().split(b"\n")
    except OSError:
        return ()
    acts = []
    for line in lines:
        try:
            row = json.loads(line)
            act = Act(str(row.pop("act")), float(row.pop("time")), str(row.pop("person")), row)
        except (ValueError, KeyError, TypeError, AttributeError):  # half a line that a kill left
            continue
        acts.append(act)
    return tuple(acts)


def _cut(value: object) -> object:
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, list | tuple):
        return [_cut(item) for item in value[:MOST_TEXTS]]
    return value if isinstance(value, int | float) else str(value)[:LONGEST_TEXT]


def _stamp(file: Path) -> tuple[int, int]:
    try:
        about = file.stat()
    except OSError:
        return (0, 0)
    return (about.st_mtime_ns, about.st_size)


def _file(workspace: Workspace) -> Path:
    return workspace.folder / "course" / "activity.jsonl"


def _previous(file: Path) -> Path:
    return file.with_name("activity.previous.jsonl")
