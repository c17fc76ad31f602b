"""All workshops of a server in one SQLite file, `<SHOPLAB_HOME>/room.sqlite`.

People are kept by a hash of their id, which only their own browser holds; so is the facilitator.
A vote is kept by a hash of the person and of a salt of the ballot, so no two ballots can be
brought together.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from engine.settings import home
from engine.storage.database import opened

_SCHEMA = """
CREATE TABLE workshops (
    workshop_id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, facilitator TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, language TEXT NOT NULL, prepared TEXT NOT NULL, address TEXT NOT NULL,
    exercises TEXT NOT NULL, agenda TEXT NOT NULL, created REAL NOT NULL, closed REAL,
    frozen INTEGER NOT NULL DEFAULT 0, broadcast TEXT NOT NULL DEFAULT '',
    broadcast_at REAL NOT NULL DEFAULT 0, box INTEGER NOT NULL DEFAULT 0,
    started REAL, spent REAL NOT NULL DEFAULT 0, stage TEXT NOT NULL DEFAULT '{}'
);
CREATE TABLE teams (
    team_id INTEGER PRIMARY KEY AUTOINCREMENT, workshop_id TEXT NOT NULL, name TEXT NOT NULL,
    workspace TEXT NOT NULL UNIQUE, visited REAL NOT NULL DEFAULT 0
);
CREATE INDEX teams_by_workshop ON teams (workshop_id);
CREATE TABLE people (
    workshop_id TEXT NOT NULL, person TEXT NOT NULL, team_id INTEGER NOT NULL, name TEXT NOT NULL,
    joined REAL NOT NULL, hand REAL, PRIMARY KEY (workshop_id, person)
);
CREATE INDEX people_by_person ON people (person);
CREATE TABLE ballots (
    ballot_id INTEGER PRIMARY KEY AUTOINCREMENT, workshop_id TEXT NOT NULL, question TEXT NOT NULL,
    options TEXT NOT NULL, salt TEXT NOT NULL, opened REAL NOT NULL, closed REAL
);
CREATE TABLE votes (
    ballot_id INTEGER NOT NULL, voter TEXT NOT NULL, choice INTEGER NOT NULL,
    PRIMARY KEY (ballot_id, voter)
);
CREATE TABLE wrong_codes (address TEXT NOT NULL, time REAL NOT NULL);
"""


@contextmanager
def room_database() -> Iterator[sqlite3.Connection]:
    """The database of this server's workshops; every statement is its own transaction."""
    with opened(home() / "room.sqlite", _SCHEMA) as connection:
        yield connection


def hashed(secret: str) -> str:
    """What stands for the id of a person or a facilitator in the file."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:32]
