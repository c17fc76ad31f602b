"""Secrets on their way from a page to the worker of a job, which never lie in a file.

A secret waits in a named pipe that the page's process keeps open. It is gone once the worker has
read it, or when that process ends. Nobody but the user who runs the server may open the pipe.
"""

import contextlib
import os
import secrets
import time
from pathlib import Path

from engine.settings import home

# The oldest is withdrawn when there are more; a pipe holds at least so many bytes.
MOST_PIPES = 64
MOST_BYTES = 4096
_SWEPT_SECONDS = 24 * 3600

_pipes: dict[Path, int] = {}


def offer_secret(secret: str) -> str:
    """Have `secret` wait for a worker; returns the name by which the worker takes it.

    Raises ValueError for one that is longer than `MOST_BYTES`.
    """
    content = secret.encode()
    if len(content) > MOST_BYTES:
        raise ValueError("a secret of so many bytes does not fit into a pipe")
    _withdraw_old()
    name = secrets.token_hex(16)
    file = _folder() / name
    os.mkfifo(file, 0o600)
    # Open at both ends, so that neither opening nor writing waits for the worker.
    _pipes[file] = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    os.write(_pipes[file], content)
    return name


def take_secret(name: str) -> str:
    """The secret with this name; empty if it was taken before, or nobody offers it any more."""
    file = _folder() / name
    content = b""
    with contextlib.suppress(FileNotFoundError):
        pipe = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(BlockingIOError):  # it was taken, and the other end is open
            content = os.read(pipe, MOST_BYTES)
        os.close(pipe)
        file.unlink(missing_ok=True)
    return content.decode()


def _withdraw_old() -> None:
    """Close the pipes whose secrets were taken, and so many others that there is room for one.

    What a process that has ended left is swept away after a day.
    """
    taken = [file for file in _pipes if not file.exists()]
    waiting = [file for file in _pipes if file not in taken]
    for file in taken + waiting[: max(len(waiting) + 1 - MOST_PIPES, 0)]:
        os.close(_pipes.pop(file))
        file.unlink(missing_ok=True)
    for file in _folder().iterdir():
        if file not in _pipes and time.time() - file.stat().st_mtime > _SWEPT_SECONDS:
            file.unlink(missing_ok=True)


def _folder() -> Path:
    folder = home() / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
