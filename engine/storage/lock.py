"""Locks on files and folders that are released when their process ends, even by a crash.

The lock of a file lasts until the returned file descriptor is closed, along with every copy of it
that child processes inherited.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from engine.storage.trouble import explained


def take(path: Path) -> int | None:
    """Lock the file at `path`; None if another process holds it."""
    descriptor = _open(path)
    if retake(descriptor):
        return descriptor
    os.close(descriptor)
    return None


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of the file at `path` in the block, as soon as nobody else holds it.

    Raises DiskTrouble where the file cannot be made.
    """
    with explained():
        descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def release(descriptor: int) -> None:
    """Release the lock but keep the file open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def retake(descriptor: int) -> bool:
    """Lock again after `release`; False if another process holds the lock by now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[bool]:
    """Keep `folder` from `delete_unless_read` while the block runs; False if it is gone already."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield _is_at(descriptor, folder)
    finally:
        os.close(descriptor)


def delete_unless_read(folder: Path) -> bool:
    """Delete `folder` with all that is in it; False if somebody holds it or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        if not retake(descriptor):
            return False
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open folder is still the one at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
