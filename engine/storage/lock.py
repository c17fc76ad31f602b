"""A file lock that ends with the process that holds it, however it ends.

The lock lasts until the returned file descriptor is closed, and every copy of it that a child
process was given.
"""

import fcntl
import os
from pathlib import Path


def take(path: Path) -> int | None:
    """Lock the file at `path`; None if another process holds it."""
    descriptor = _open(path)
    if retake(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def wait_for(path: Path) -> int:
    """Lock the file at `path` as soon as no other process holds it."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def release(descriptor: int) -> None:
    """Give the lock up and keep the file open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def retake(descriptor: int) -> bool:
    """Lock what `release` gave up; False if another process was faster."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
