"""Records on their way between an SQLite file and a PostgreSQL schema, row by row."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from psycopg import Connection, sql
from psycopg.rows import DictRow

from engine.storage.database import open_database, transaction
from engine.storage.records import RecordPlace

_ROWS = 1_000


def copy_in(connection: Connection[DictRow], place: RecordPlace) -> None:
    """Copy the records of the file of `place` into its new and empty tables.

    The connection's names of tables are those of the schema.
    """
    with closing(_open(place, place.file)) as file:
        for table, columns in _tables(file):
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
            with connection.cursor() as cursor, cursor.copy(into) as copy:
                for row in file.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own table
                    copy.write_row([storable(value) for value in row])
            _count_on(connection, table)


def copy_out(connection: Connection[DictRow], place: RecordPlace, target: Path) -> None:
    """Write the records that the connection's tables hold to a new SQLite file."""
    with closing(_open(place, target)) as file, transaction(file):
        for table, columns in _tables(file):
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            rows = connection.execute(
                sql.SQL("SELECT {} FROM {}").format(names, sql.Identifier(table))
            )
            marks = ", ".join("?" * len(columns))
            insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own table
            while batch := rows.fetchmany(_ROWS):
                file.executemany(insert, [tuple(row.values()) for row in batch])


def storable(value: object) -> object:
    """A value as PostgreSQL keeps it: no text there has a zero character."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _open(place: RecordPlace, file: Path) -> sqlite3.Connection:
    return open_database(file, place.kind.tables, upgrades=place.kind.upgrades)


def _tables(file: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """The tables and their columns, those first that others refer to."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in file.execute(f"{named} ORDER BY rowid").fetchall():
        yield table, [row["name"] for row in file.execute(f"PRAGMA table_info({table})")]


def _count_on(connection: Connection[DictRow], table: str) -> None:
    """Let the numbers of new rows go on after the highest there is."""
    counted = connection.execute(
        "SELECT column_name AS name FROM information_schema.columns WHERE is_identity = 'YES'"
        " AND table_schema = current_schema() AND table_name = %s",
        (table,),
    ).fetchall()
    for column in counted:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {}").format(
                sql.Literal(table),
                sql.Literal(column["name"]),
                sql.Identifier(column["name"]),
                sql.Identifier(table),
            )
        )
