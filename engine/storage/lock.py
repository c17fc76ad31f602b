"""A file lock that is released when its process ends, even by a crash.

The lock lasts until the returned file descriptor is closed, along with every copy of it that child
processes inherited.
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
    """Release the lock but keep the file open."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def retake(descriptor: int) -> bool:
    """Lock again after `release`; False if another process holds the lock by now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
