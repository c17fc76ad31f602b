"""Records that several servers may share: jobs, feedback and API keys.

Each kind of record lies in an SQLite file of its own, or, where `SHOPLAB_DATABASE_URL` names a
PostgreSQL database, in a schema of that database (`engine.storage.postgres`). Statements are
written once, in what both understand, with `?` for a value. A file that is there when its schema is
first opened moves into it.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from engine.errors import InputError
from engine.storage.database import open_database

VARIABLE = "SHOPLAB_DATABASE_URL"
_SCHEMES = ("postgresql://", "postgres://")
# A row by the names of its columns.
Row = Mapping[str, Any]


class Conflict(Exception):
    """A statement would break a rule of the tables, such as that of a unique index."""


@dataclass(frozen=True)
class RecordKind:
    """One kind of record.

    `tables` is the script that makes its tables in version 1, in SQLite's words; each of
    `upgrades` turns one version into the next.
    """

    name: str
    tables: str
    upgrades: Sequence[str] = ()

    @property
    def scripts(self) -> tuple[str, ...]:
        """What makes the tables of today, one script for each version."""
        return (self.tables, *self.upgrades)


@dataclass(frozen=True)
class RecordPlace:
    """Where the records of one kind lie.

    `folder` is that of the file, and `owner` the key of the workspace they belong to, or empty for
    what belongs to the whole installation.
    """

    kind: RecordKind
    folder: Path
    owner: str = ""

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.folder / f"{self.kind.name}.sqlite"

    @cached_property
    def schema(self) -> str:
        """The PostgreSQL schema."""
        return schema_prefix(self.owner) + self.kind.name


class Records(Protocol):
    """An open store of records, which threads may share."""

    def execute(self, statement: str, *values: object) -> list[Row]:
        """Run one statement, which is a transaction of its own; the rows it gives.

        Raises Conflict, and InputError if the records were deleted with their workspace.
        """

    def close(self) -> None:
        """Give back what the store holds open."""


class SqliteRecords:
    """Records in an SQLite file."""

    def __init__(self, place: RecordPlace) -> None:
        self._lock = threading.Lock()
        self._connection = open_database(
            place.file, place.kind.tables, upgrades=place.kind.upgrades, threads=True
        )

    def execute(self, statement: str, *values: object) -> list[Row]:
        """See `Records.execute`."""
        with self._lock:
            try:
                rows = self._connection.execute(statement, values).fetchall()
            except sqlite3.IntegrityError as error:
                raise Conflict(str(error)) from error
        return [dict(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def open_records(place: RecordPlace) -> Records:
    """The records of `place`, whose tables are made if it has none.

    Raises InputError if its workspace was deleted or the setting is wrong, and ShoplabError
    `records.away` if the database cannot be reached.
    """
    url = database_url()
    if url is None:
        return SqliteRecords(place)
    with _needing_driver():
        from engine.storage.postgres import open_postgres
    return open_postgres(place, url)


def has_records(place: RecordPlace) -> bool:
    """Whether anything was ever written to `place`; makes no tables."""
    url = database_url()
    if url is None or place.file.is_file():
        return place.file.is_file()
    with _needing_driver():
        from engine.storage.postgres import has_schema
    return has_schema(place, url)


def write_records(place: RecordPlace, target: Path) -> None:
    """Write the shared records of `place` to a new SQLite file, as they are at one moment."""
    url = database_url()
    assert url is not None  # noqa: S101 - without a database the file is there
    with _needing_driver():
        from engine.storage.postgres import write_file
    write_file(place, url, target)


def delete_records(owner: str) -> None:
    """Delete the shared records of the workspace with this key; its files are not touched."""
    url = database_url()
    if url is None:
        return
    with _needing_driver():
        from engine.storage.postgres import drop_schemas
    drop_schemas(schema_prefix(owner), url)


def database_url() -> str | None:
    """The database that `SHOPLAB_DATABASE_URL` names, or None. InputError for another kind."""
    url = os.environ.get(VARIABLE, "").strip()
    if url and not url.startswith(_SCHEMES):
        raise InputError("records.bad_url", variable=VARIABLE)
    return url or None


def schema_prefix(owner: str) -> str:
    """How the schemas of an owner begin: by a hash, since names in PostgreSQL are short."""
    return f"shoplab_{sha256(owner.encode()).hexdigest()[:24]}_" if owner else "shoplab_"


@contextmanager
def _needing_driver() -> Iterator[None]:
    """Imports of what needs psycopg, which only those install who share a database."""
    try:
        yield
    except ImportError as error:
        raise InputError("records.no_driver", why=str(error)) from error
