"""A kill or a full disk at any moment: whatever changes the disk after it does nothing any more."""

import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.errors import ShoplabError

_CHANGES = {
    "os.mkdir",
    "os.rmdir",
    "os.rename",
    "os.remove",
    "os.link",
    "os.truncate",
    "os.symlink",
}
# What needs room; files may still be deleted and renamed.
_GROWS = {"os.mkdir", "os.link", "os.symlink"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Killed(BaseException):
    """Stands for the end of a process: nothing that handles errors handles it."""


class _Kill:
    """Counts the changes to the disk; from the one numbered `at` on, each of them fails.

    With `refusal`, those that need room fail with this error number, and the others go on.
    """

    at: int | None = None
    changes = 0
    refusal = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        events = _GROWS if self.refusal else _CHANGES
        if self.at is None or not (event in events or writes):
            return
        self.changes += 1
        if self.changes > self.at:
            raise OSError(self.refusal, os.strerror(self.refusal)) if self.refusal else Killed


_kill = _Kill()
_hooked = False


def killed_at(change: int, work: Callable[[], object]) -> bool:
    """Do `work` as if its process were killed before the change to the disk numbered `change`.

    False when it ends before that. As after a kill, nothing cleans up.
    """
    try:
        _do(change, work)
    except Killed:
        return True
    return False


def refused_at(change: int, refusal: int, work: Callable[[], object]) -> ShoplabError | None:
    """Do `work` while the disk refuses, with the error number `refusal`, what needs room.

    It does so from the change to the disk numbered `change` on. Returns what is then said; None
    where `work` ends before that, or does without.
    """
    try:
        _do(change, work, refusal)
    except ShoplabError as error:
        return error
    return None


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes, and writing stops in the middle, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def _do(change: int, work: Callable[[], object], refusal: int = 0) -> None:
    global _hooked
    if not _hooked:
        sys.addaudithook(_kill)
        _hooked = True
    _kill.at, _kill.changes, _kill.refusal = change, 0, refusal
    try:
        work()
    finally:
        _kill.at = None
