"""Workspaces as one file and back: a ZIP with a manifest, checked before anything is put in place.

```
manifest.json                 version, and the SHA-256 of every file
workspaces/<name>/<path>      the files of each workspace
```
Jobs and downloaded models are left out: runs are in the workspaces, models can be had again.
"""

import hashlib
import json
import secrets
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import InputError
from engine.host.usage import all_workspaces
from engine.settings import home, host_limits
from engine.storage.files import UNFINISHED, write_atomically
from engine.storage.lock import hold
from engine.storage.workspace import Workspace, is_workspace_name

VERSION = 1
_MANIFEST = "manifest.json"
_MOST_MANIFEST_BYTES = 100_000_000
# Nothing of Shoplab's own has these endings; other programs would unpickle such files.
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz", ".py")
_MB = 1_000_000


def back_up(target: Path, name: str | None = None) -> list[str]:
    """Write a workspace, or all of them, to the file `target`; returns the names.

    Raises InputError for an unknown workspace, and WorkspaceBusy while somebody changes it.
    """
    workspaces = [Workspace.open(name)] if name else all_workspaces()
    write_atomically(target, lambda path: _write(path, workspaces))
    return [workspace.name for workspace in workspaces]


def restore(source: Path) -> list[str]:
    """Put the workspaces of a backup in place; returns their names.

    Raises InputError, and changes nothing, if the file is damaged, leads outside the workspaces,
    holds what no backup holds, is bigger than the disk has room for, or a workspace is there.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            hashes = _check(archive, source)
            return _unpack(archive, hashes, source)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, NotImplementedError) as error:
        raise InputError("host.bad_backup", file=source.name) from error


def _write(file: Path, workspaces: Sequence[Workspace]) -> None:
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for workspace in workspaces:
            with workspace.changing(), tempfile.TemporaryDirectory(dir=home()) as scratch:
                for source, member in _files(workspace, Path(scratch)):
                    archive.write(source, member)
                    hashes[member] = _hash(source)
        archive.writestr(_MANIFEST, json.dumps({"version": VERSION, "files": hashes}))


def _files(workspace: Workspace, scratch: Path) -> Iterator[tuple[Path, str]]:
    """Each file of a workspace with its name in the backup; of databases a copy in one state."""
    for file in sorted(workspace.folder.rglob("*")):
        path = file.relative_to(workspace.folder)
        unfinished = any(part.startswith(".") for part in path.parts)
        if unfinished or file.is_symlink() or not file.is_file() or file.suffix == ".lock":
            continue
        member = str(PurePosixPath("workspaces", workspace.name, *path.parts))
        if file.name.endswith((".sqlite-wal", ".sqlite-shm")):
            continue
        if file.suffix == ".sqlite":
            yield _copy_database(file, scratch / secrets.token_hex(8)), member
        else:
            yield file, member


def _copy_database(file: Path, copy: Path) -> Path:
    source, target = sqlite3.connect(file), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy


def _check(archive: zipfile.ZipFile, source: Path) -> dict[str, str]:
    """The hash of every file of a backup, once its names and sizes have been found in order."""
    if archive.getinfo(_MANIFEST).file_size > _MOST_MANIFEST_BYTES:
        raise InputError("host.bad_backup", file=source.name)
    manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
    hashes: dict[str, str] = manifest["files"]
    members = [member for member in archive.infolist() if member.filename != _MANIFEST]
    names = [member.filename for member in members]
    sound = manifest["version"] == VERSION and sorted(names) == sorted(hashes)
    if not sound or not all(map(_is_in_workspace, names)):
        raise InputError("host.bad_backup", file=source.name)
    needed = sum(member.file_size for member in members)
    free = shutil.disk_usage(home()).free - host_limits().free_disk_mb * _MB
    if needed > free:
        raise InputError("host.no_room", needed=needed // _MB, free=max(free, 0) // _MB)
    return hashes


def _is_in_workspace(member: str) -> bool:
    """Whether a member's name is that of a file inside a workspace, and not one to be unpickled."""
    parts = member.split("/")
    return (
        len(parts) > 2
        and parts[0] == "workspaces"
        and is_workspace_name(parts[1])
        and not any(part in ("", ".", "..") or part.startswith(".") for part in parts)
        and not any(sign in member for sign in "\\:\0")
        and not member.lower().endswith(_PICKLES)
    )


def _unpack(archive: zipfile.ZipFile, hashes: dict[str, str], source: Path) -> list[str]:
    workspaces = home() / "workspaces"
    workspaces.mkdir(exist_ok=True)
    names = sorted({member.split("/")[1] for member in hashes})
    for name in names:
        if (workspaces / name).exists():
            raise InputError("workspace.exists", name=name)
    staging = Path(tempfile.mkdtemp(dir=workspaces, prefix=".restore.", suffix=UNFINISHED))
    try:
        with hold(staging):
            for member, expected in hashes.items():
                file = staging.joinpath(*member.split("/")[1:])
                file.parent.mkdir(parents=True, exist_ok=True)
                # No more is read than the list of members says; the ZIP's own sums are checked too.
                with archive.open(member) as stream, file.open("xb") as target:
                    shutil.copyfileobj(stream, target, 1 << 20)
                if _hash(file) != expected:
                    raise InputError("host.bad_backup", file=source.name)
            _check_workspaces(staging, names, source)
            for name in names:
                (staging / name).rename(workspaces / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return names


def _check_workspaces(staging: Path, names: Sequence[str], source: Path) -> None:
    for name in names:
        workspace = Workspace.read(staging / name)
        if workspace is None or workspace.name != name or Workspace.by_key(workspace.key):
            raise InputError("host.bad_backup", file=source.name)


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
