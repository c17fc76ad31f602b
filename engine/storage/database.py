"""One SQLite file in WAL mode, made once however many processes open it first.

A local disk is needed: WAL does not work on network file systems.
"""

import os
import sqlite3
from pathlib import Path

from engine.storage.lock import wait_for


def open_database(path: Path, schema: str, *, threads: bool = False) -> sqlite3.Connection:
    """A connection to the database at `path`, which is made with `schema` when it is new.

    `schema` ends by setting `user_version`. Every statement is a transaction of its own. With
    `threads` several threads may use the connection, in turns.
    """
    connection = sqlite3.connect(
        path, timeout=30, isolation_level=None, check_same_thread=not threads
    )
    connection.row_factory = sqlite3.Row
    if not _version(connection):
        # Two first openers at once would fail: the switch to WAL does not wait for its turn.
        lock = wait_for(path.with_suffix(".lock"))
        try:
            if not _version(connection):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"BEGIN; {schema} COMMIT;")
        finally:
            os.close(lock)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
