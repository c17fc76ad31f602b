"""One lock a workspace for all that changes it, so that nobody's change is lost to another's.

It holds between threads and processes and ends with its process. The lock lies beside the
workspace's folder, because the folder may be deleted while somebody waits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from engine.errors import InputError
from engine.storage.freeze import refuse_frozen
from engine.storage.trouble import explained

# Loads hold the lock only while they write what they have read, which takes a few seconds at most.
WAIT_SECONDS = 20.0


class WorkspaceBusy(InputError):
    """Somebody else is loading into the workspace or changing it in another way."""

    def __init__(self) -> None:
        super().__init__("workspace.busy")


@contextmanager
def changing(folder: Path, *, although_frozen: bool = False) -> Iterator[None]:
    """Let nobody else change the workspace in `folder` while the block runs; blocks may be nested.

    Raises WorkspaceBusy if somebody else doesn't finish in `WAIT_SECONDS`, InputError if the
    workspace has been deleted, or is frozen and not to be changed `although_frozen`, and
    DiskTrouble for what the disk refuses in the block.
    """
    _refuse_deleted(folder)
    if not although_frozen:
        refuse_frozen(folder)
    # One object per path and process, so that a thread that has the lock can take it again.
    lock = FileLock(lock_file(folder), is_singleton=True)
    try:
        with explained():
            lock.acquire(timeout=WAIT_SECONDS)
    except Timeout as error:
        raise WorkspaceBusy from error
    try:
        _refuse_deleted(folder)
        with explained():
            yield
    finally:
        lock.release()


def lock_file(folder: Path) -> Path:
    """Where the lock of the workspace in `folder` lies."""
    return folder.with_name(f".{folder.name}.lock")


def _refuse_deleted(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError("workspace.deleted")
