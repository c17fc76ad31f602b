"""Workspaces as one file and back: an archive that is checked before anything is put in place.

`engine.storage.archive` says what is in it. Jobs and downloaded models are left out: runs are in
the workspaces, models can be had again.
"""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.host.usage import all_workspaces
from engine.settings import home, host_limits
from engine.storage.archive import MANIFEST, VERSION, hash_of, write_archive
from engine.storage.files import UNFINISHED, link
from engine.storage.lock import hold
from engine.storage.workspace import Workspace, is_workspace_name

_MOST_MANIFEST_BYTES = 100_000_000
# Nothing of Shoplab's own has these endings; other programs would unpickle such files.
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".joblib", ".npy", ".npz", ".py")
_MB = 1_000_000


def back_up(target: Path, name: str | None = None) -> list[str]:
    """Write a workspace, or all of them, to the file `target`; returns the names.

    Raises InputError for an unknown workspace, and WorkspaceBusy while somebody changes it.
    """
    workspaces = [Workspace.open(name)] if name else all_workspaces()
    write_archive(target, workspaces)
    return [workspace.name for workspace in workspaces]


def restore(source: Path) -> list[str]:
    """Put the workspaces of a backup in place; returns their names.

    Raises InputError, and changes nothing, if the file is damaged, leads outside the workspaces,
    holds what no backup holds, is bigger than the disk has room for, or a workspace is there.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            hashes, links = _check(archive, source)
            return _unpack(archive, hashes, links, source)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError, NotImplementedError) as error:
        raise InputError("host.bad_backup", file=source.name) from error


def _check(archive: zipfile.ZipFile, source: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The hash of every file of a backup, and which file others are the same as.

    Names and sizes have been found in order.
    """
    if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST_BYTES:
        raise InputError("host.bad_backup", file=source.name)
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    hashes: dict[str, str] = manifest["files"]
    links: dict[str, str] = manifest.get("links", {})
    members = [member for member in archive.infolist() if member.filename != MANIFEST]
    names = [member.filename for member in members]
    sound = manifest["version"] == VERSION and sorted([*names, *links]) == sorted(hashes)
    same = all(one in names and hashes[one] == hashes[other] for other, one in links.items())
    if not sound or not same or not all(map(_is_in_workspace, hashes)):
        raise InputError("host.bad_backup", file=source.name)
    needed = sum(member.file_size for member in members)
    free = shutil.disk_usage(home()).free - host_limits().free_disk_mb * _MB
    if needed > free:
        raise InputError("host.no_room", needed=needed // _MB, free=max(free, 0) // _MB)
    return hashes, links


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


def _unpack(
    archive: zipfile.ZipFile, hashes: dict[str, str], links: dict[str, str], source: Path
) -> list[str]:
    workspaces = home() / "workspaces"
    workspaces.mkdir(exist_ok=True)
    names = sorted({member.split("/")[1] for member in hashes})
    for name in names:
        if (workspaces / name).exists():
            raise InputError("workspace.exists", name=name)
    staging = Path(tempfile.mkdtemp(dir=workspaces, prefix=".restore.", suffix=UNFINISHED))
    try:
        with hold(staging):
            for member in sorted(hashes, key=links.__contains__):
                file = _place(staging, member)
                file.parent.mkdir(parents=True, exist_ok=True)
                if member in links:
                    link(_place(staging, links[member]), file)
                    continue
                # No more is read than the list of members says; the ZIP's own sums are checked too.
                with archive.open(member) as stream, file.open("xb") as target:
                    shutil.copyfileobj(stream, target, 1 << 20)
                if hash_of(file) != hashes[member]:
                    raise InputError("host.bad_backup", file=source.name)
            _check_workspaces(staging, names, source)
            for name in names:
                (staging / name).rename(workspaces / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return names


def _place(staging: Path, member: str) -> Path:
    return staging.joinpath(*member.split("/")[1:])


def _check_workspaces(staging: Path, names: Sequence[str], source: Path) -> None:
    for name in names:
        workspace = Workspace.read(staging / name)
        if workspace is None or workspace.name != name or Workspace.by_key(workspace.key):
            raise InputError("host.bad_backup", file=source.name)
