"""Writes files so that a kill leaves none half written, and reads what may be deleted meanwhile."""

import ctypes
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import InputError
from engine.settings import home
from engine.storage.lock import hold
from engine.storage.trouble import explained

logger = logging.getLogger(__name__)

# How the names of folders end that replace another when they are whole, or are being replaced.
UNFINISHED, _OLD = ".new", ".old.new"


def make_folder(folder: Path) -> None:
    """Make `folder` and those above it, but not that of a workspace, which would come back deleted.

    Raises InputError for a folder in a workspace that was deleted.
    """
    workspaces = home() / "workspaces"
    if not folder.is_relative_to(workspaces):
        with explained():
            folder.mkdir(parents=True, exist_ok=True)
        return
    name, *inner = folder.relative_to(workspaces).parts
    path = workspaces / name
    if not path.is_dir():
        raise InputError("workspace.deleted")
    try:
        with explained():
            for part in inner:
                path /= part
                path.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise InputError("workspace.deleted") from error


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    Raises InputError for a file in a workspace that was deleted, and DiskTrouble.
    """
    make_folder(path.parent)
    with explained():
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        try:
            write(temporary)
            # Without this a power cut could leave the new name with nothing behind it.
            sync(temporary)
            os.replace(temporary, path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the file or folder is on the disk, so that not even a power cut undoes it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: object) -> None:
    """Write `value` as readable JSON, atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_text(path: Path) -> str | None:
    """The text in a file; None without the file, which may be deleted at any moment."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_records(folder: Path, name: str) -> list[dict[str, object]]:
    """The JSON files called `name` in the folders of `folder`, without hidden ones.

    Damaged files are passed over, for the sake of the others, and named in the log.
    """
    try:
        folders = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    records = []
    for path in folders:
        try:
            text = read_text(path / name)
            record = json.loads(text) if text is not None else None
        except ValueError:
            logger.exception("%s cannot be read", path / name)
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def changed_at(path: Path) -> int:
    """A mark that changes whenever a file is written anew; 0 without the file."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@contextmanager
def replace_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that takes `path`'s place when the block ends without an error.

    A kill leaves `path` as it was before or after; what else it leaves, `engine.storage.tidy`
    deletes. Raises DiskTrouble for what the disk refuses in the block.
    """
    make_folder(path.parent)
    with explained():
        temporary = Path(
            tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED)
        )
    try:
        with explained(), hold(temporary):
            yield temporary
            for written in (*temporary.rglob("*"), temporary):
                sync(written)
            if not (path.exists() and _exchange(temporary, path)):
                if path.exists():
                    os.replace(path, temporary.with_name(f".{path.name}{_OLD}"))
                os.replace(temporary, path)
            sync(path.parent)
    finally:
        for rest in (temporary, path.with_name(f".{path.name}{_OLD}")):
            shutil.rmtree(rest, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders swap their names in one step; False where the system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is None:
        return False
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0)


def link(source: Path, target: Path) -> None:
    """Give a file that never changes a second name; copy it where the disk has no such links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
