"""How much a folder takes, and the most that the host allows a workspace."""

import os
from pathlib import Path

from engine.errors import InputError
from engine.settings import host_limits
from engine.storage.freeze import refuse_frozen

_MB = 1_000_000


def bytes_in(folder: Path) -> int:
    """The bytes of all files below `folder`; one with several names (a hard link) counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                about = os.stat(os.path.join(parent, name), follow_symlinks=False)  # noqa: PTH116, PTH118
            except OSError:  # deleted meanwhile
                continue
            sizes[about.st_dev, about.st_ino] = about.st_size
    return sum(sizes.values())


def last_change(folder: Path) -> float:
    """When a file below `folder`, or the folder itself, was last written; epoch seconds."""
    times = [folder.stat().st_mtime]
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                times.append((Path(parent) / name).stat().st_mtime)
            except OSError:  # deleted meanwhile
                continue
    return max(times)


def check_room(folder: Path) -> None:
    """Raise InputError if nothing new may come into the workspace in `folder`.

    That is while it is frozen, or takes all the disk that the host allows it.
    """
    refuse_frozen(folder)
    most = host_limits().workspace_mb
    if bytes_in(folder) >= most * _MB:
        raise InputError("workspace.full", most=f"{most:,}")


def check_rows(rows: int) -> None:
    """Raise InputError if a workspace would have more rows in all tables than the host allows."""
    most = host_limits().workspace_rows
    if rows > most:
        raise InputError("workspace.too_many_rows", rows=f"{rows:,}", most=f"{most:,}")
