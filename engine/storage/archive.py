"""Workspaces in one ZIP archive, with a manifest that says what has to be in it.

```
manifest.json                 version, the SHA-256 of every file, and which files are the same
workspaces/<name>/<path>      the files of each workspace
```
A big file that several workspaces share by hard links is in the archive once: `links` of the
manifest leads from its other names to the one that holds it.
"""

import hashlib
import json
import secrets
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath

from engine.errors import InputError
from engine.settings import home, host_limits
from engine.storage.api_keys import API_KEYS
from engine.storage.changing import changing
from engine.storage.feedback import FEEDBACK
from engine.storage.files import write_atomically
from engine.storage.freeze import MARK
from engine.storage.records import RecordPlace, database_url, has_records, write_records
from engine.storage.scratch import scratch_folder
from engine.storage.workspace import Workspace

VERSION = 1
MANIFEST = "manifest.json"
_MB = 1_000_000
# Files below this many bytes are written under each of their names, so that people find them.
_SMALL = 1_000_000
# These are as good as random numbers, or compressed already.
_STORED = (".safetensors", ".parquet", ".faiss", ".webp")


def write_archive(
    target: Path, workspaces: Sequence[Workspace], notes: Mapping[str, str] | None = None
) -> None:
    """Write `workspaces` to the file `target`, file by file.

    `notes` are further texts by their path in the archive, which begins with that of a workspace.
    Raises WorkspaceBusy while somebody changes one, and InputError if the disk has no room.
    """
    _refuse_full_disk(workspaces)
    write_atomically(target, lambda path: _write(path, workspaces, notes or {}))


def _refuse_full_disk(workspaces: Sequence[Workspace]) -> None:
    sizes: dict[tuple[int, int], int] = {}
    for workspace in workspaces:
        for file in lasting_files(workspace.folder):
            about = file.stat()
            sizes[about.st_dev, about.st_ino] = about.st_size
    free = shutil.disk_usage(home()).free - host_limits().free_disk_mb * _MB
    needed = sum(sizes.values())
    if needed > free:
        raise InputError("workspace.no_disk", needed=needed // _MB, free=max(free, 0) // _MB)


def _write(file: Path, workspaces: Sequence[Workspace], notes: Mapping[str, str]) -> None:
    hashes: dict[str, str] = {}
    links: dict[str, str] = {}
    members: dict[tuple[int, int], str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for workspace in workspaces:
            with (
                changing(workspace.folder, although_frozen=True),
                scratch_folder() as scratch,
            ):
                for source, member in _members(workspace, scratch):
                    about = source.stat()
                    if about.st_nlink > 1 and about.st_size > _SMALL:
                        same = members.setdefault((about.st_dev, about.st_ino), member)
                        if same != member:
                            links[member], hashes[member] = same, hashes[same]
                            continue
                    stored = source.suffix in _STORED
                    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                    archive.write(source, member, kind)
                    hashes[member] = hash_of(source)
        for member, text in notes.items():
            archive.writestr(member, text)
            hashes[member] = hashlib.sha256(text.encode()).hexdigest()
        manifest = {"version": VERSION, "files": hashes, "links": links}
        archive.writestr(MANIFEST, json.dumps(manifest))


def _members(workspace: Workspace, scratch: Path) -> Iterator[tuple[Path, str]]:
    """Each file of a workspace with its name in the archive; of databases a copy in one state."""
    # First, since a file that still waits to move into the shared database does so now.
    for place in shared_places(workspace):
        copy = scratch / secrets.token_hex(8)
        write_records(place, copy)
        yield copy, str(PurePosixPath("workspaces", workspace.name, place.file.name))
    for file in lasting_files(workspace.folder):
        path = file.relative_to(workspace.folder)
        member = str(PurePosixPath("workspaces", workspace.name, *path.parts))
        if file.suffix == ".sqlite":
            copy = scratch / secrets.token_hex(8)
            copy_database(file, copy)
            yield copy, member
        else:
            yield file, member


def shared_places(workspace: Workspace) -> list[RecordPlace]:
    """Where a workspace has records in the shared database; none without such a database."""
    if database_url() is None:
        return []
    kinds = (FEEDBACK, API_KEYS)
    places = [RecordPlace(kind, workspace.folder, workspace.key) for kind in kinds]
    return [place for place in places if has_records(place)]


def lasting_files(folder: Path) -> Iterator[Path]:
    """The files of a workspace that last, in order: none that is unfinished, a link or a lock."""
    for file in sorted(folder.rglob("*")):
        path = file.relative_to(folder)
        passing = path.name == MARK or file.name.endswith((".lock", ".sqlite-wal", ".sqlite-shm"))
        unfinished = any(part.startswith(".") for part in path.parts)
        if not (unfinished or passing or file.is_symlink()) and file.is_file():
            yield file


def copy_database(file: Path, copy: Path) -> None:
    """Write a copy of an SQLite file that others may be writing to."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def hash_of(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
