"""Opens SQLite files in WAL mode; several processes may open a new one at the same time.

The file has to be on a local disk: WAL does not work on network file systems.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from engine.errors import InputError
from engine.storage.files import make_folder
from engine.storage.lock import alone
from engine.storage.trouble import Connection, trouble_of


def open_database(
    path: Path, schema: str, *, upgrades: Sequence[str] = (), threads: bool = False
) -> sqlite3.Connection:
    """A connection to the database at `path`, which is created with `schema` if it is new.

    `schema` is that of version 1. Each of `upgrades` turns one version into the next, so that
    databases of older versions open too; `user_version` counts them. Every statement is its own
    transaction. With `threads`, several threads may take turns using the connection. Raises
    InputError if the folder is gone, as that of a deleted workspace is, and DiskTrouble, as all
    that the connection executes.
    """
    try:
        connection = sqlite3.connect(
            path,
            timeout=30,
            isolation_level=None,
            check_same_thread=not threads,
            factory=Connection,
        )
    except sqlite3.OperationalError as error:
        if path.parent.exists():
            raise trouble_of(error) or error from None
        raise InputError("workspace.deleted") from error
    connection.row_factory = sqlite3.Row
    scripts = (schema, *upgrades)
    if _version(connection) < len(scripts):
        # Switching to WAL does not wait for a lock: two processes at once would fail.
        with alone(path.with_suffix(".lock")):
            if not _version(connection):
                connection.execute("PRAGMA journal_mode = WAL")
            for version in range(_version(connection), len(scripts)):
                connection.executescript(
                    f"BEGIN; {scripts[version]} PRAGMA user_version = {version + 1}; COMMIT;"
                )
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def opened(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """As `open_database`, closed after the block; the file's folder is made if it is missing."""
    make_folder(path.parent)
    with closing(open_database(path, schema)) as connection:
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements of the block or none, with nobody else writing in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
