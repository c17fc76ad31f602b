"""What the disk refuses, and damaged files on it, as errors that both languages can say."""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from engine.errors import InputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
# The low byte of SQLite's codes says the kind. Its own I/O errors come from disks without room
# for the files beside the database.
_SQLITE_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_SQLITE_READ_ONLY = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_SQLITE_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# What libraries raise that read damaged files. By name, as not every process loads them.
_BROKEN = {"ArrowInvalid", "JSONDecodeError", "SafetensorError"}
# Libraries in Rust (safetensors, tokenizers) only say in words what the disk refused.
_OS_ERROR = re.compile(r"\(os error (\d{1,4})\)")
# And torch not even that: its writer fails, or stands elsewhere than it should, without room.
_TORCH_FULL = re.compile(
    r"PytorchStreamWriter failed writing|inline_container\.cc:\d+\] \. unexpected pos"
)


class DiskTrouble(InputError, OSError):
    """The disk is full or read-only, or a file on it is damaged.

    It is an OSError as well, so whoever goes on without a file that cannot be written does so.
    """

    def __new__(cls, *_: object, **__: object) -> Self:
        """An OSError by itself would take no parameters by name."""
        return OSError.__new__(cls)


def trouble_of(error: BaseException) -> DiskTrouble | None:
    """The error to show in place of `error`; None if that says nothing about the disk."""
    if isinstance(error, DiskTrouble):
        return error
    kind = _kind(error)
    if not kind:
        return None
    # Not the whole text, which may name folders of the machine.
    why = getattr(error, "strerror", None)
    if isinstance(error, sqlite3.Error):
        why = str(error)
    return DiskTrouble(f"disk.{kind}", why=why or type(error).__name__)


@contextmanager
def explained() -> Iterator[None]:
    """Raise what the disk refuses in the block as a DiskTrouble."""
    try:
        yield
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None or trouble is error:
            raise
        raise trouble from error


class Connection(sqlite3.Connection):
    """A connection to a database that explains what the disk refuses."""

    execute = explained()(sqlite3.Connection.execute)
    executemany = explained()(sqlite3.Connection.executemany)
    executescript = explained()(sqlite3.Connection.executescript)


def _kind(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        kinds = {"full": _SQLITE_FULL, "read_only": _SQLITE_READ_ONLY, "broken": _SQLITE_BROKEN}
    elif isinstance(error, OSError) or _OS_ERROR.search(str(error)):
        code = getattr(error, "errno", None) or _number_in(str(error))
        kinds = {"full": _FULL, "read_only": _READ_ONLY}
    elif _TORCH_FULL.search(str(error)):
        return "full"
    else:
        names = {parent.__name__ for parent in type(error).__mro__}
        return "broken" if names & _BROKEN else ""
    return next((kind for kind, codes in kinds.items() if code in codes), "")


def _number_in(text: str) -> int:
    number = _OS_ERROR.search(text)
    return int(number[1]) if number else 0
