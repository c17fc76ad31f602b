"""A kill at any moment: whatever changes the disk after it does nothing any more."""

import os
import sys
from collections.abc import Callable

_CHANGES = {
    "os.mkdir",
    "os.rmdir",
    "os.rename",
    "os.remove",
    "os.link",
    "os.truncate",
    "os.symlink",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Killed(BaseException):
    """Stands for the end of a process: nothing that handles errors handles it."""


class _Kill:
    """Counts the changes to the disk; from the one numbered `at` on, each of them fails."""

    at: int | None = None
    changes = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
        if self.at is None or not (event in _CHANGES or writes):
            return
        self.changes += 1
        if self.changes > self.at:
            raise Killed


_kill = _Kill()
_hooked = False


def killed_at(change: int, work: Callable[[], object]) -> bool:
    """Do `work` as if its process were killed before the change to the disk numbered `change`.

    False when it ends before that. As after a kill, nothing cleans up.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_kill)
        _hooked = True
    _kill.at, _kill.changes = change, 0
    try:
        work()
    except Killed:
        return True
    finally:
        _kill.at = None
    return False
