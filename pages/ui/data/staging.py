"""Uploaded files that wait in the workspace until they are loaded.

```
uploads/<table>/content     the file as it came
uploads/<table>/about.json  its name as the user knows it, and an id of this upload
```
They are on disk, not in the session, so that a closed tab or a restarted server loses nothing.
"""

import json
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.storage.files import read_text, replace_folder, write_json
from engine.storage.quota import check_room
from engine.storage.workspace import Workspace
from engine.tables.schema import TABLES


@dataclass(frozen=True)
class Staged:
    """A file waiting to be loaded as `table`; `name` is the user's, `upload` differs each time."""

    table: str
    path: Path
    name: str
    upload: str


def stage(workspace: Workspace, table: str, name: str, content: IO[bytes]) -> None:
    """Keep `content` as the file for `table`, in place of one that waited before."""
    check_room(workspace.folder)
    with replace_folder(_folder(workspace, table)) as folder:
        with (folder / "content").open("wb") as file:
            shutil.copyfileobj(content, file)
        write_json(folder / "about.json", {"name": name, "upload": secrets.token_hex(8)})


def staged(workspace: Workspace) -> dict[str, Staged]:
    """The waiting files by table, in the order of the tables."""
    waiting = {}
    for table in TABLES:
        folder = _folder(workspace, table)
        text = read_text(folder / "about.json")
        if text is not None:
            about = json.loads(text)
            waiting[table] = Staged(table, folder / "content", about["name"], about["upload"])
    return waiting


def discard(workspace: Workspace, file: Staged) -> None:
    """Remove a waiting file, unless somebody has put another in its place."""
    if staged(workspace).get(file.table) == file:
        shutil.rmtree(_folder(workspace, file.table), ignore_errors=True)


def _folder(workspace: Workspace, table: str) -> Path:
    return workspace.folder / "uploads" / table
