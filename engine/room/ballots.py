"""Votes of a room: a question with options, one anonymous vote for each person, a live tally."""

import json
import secrets
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InputError
from engine.room.database import hashed, room_database
from engine.storage.database import transaction
from engine.storage.labels import tidy_label

MOST_OPTIONS, FEWEST_OPTIONS = 40, 2
LONGEST_QUESTION = 160


@dataclass(frozen=True)
class Ballot:
    """A question to the room; `counts` are the votes for each of its `options`."""

    ballot_id: int
    question: str
    options: tuple[str, ...]
    counts: tuple[int, ...]
    opened: float
    closed: float | None

    @property
    def votes(self) -> int:
        """How many people have voted."""
        return sum(self.counts)

    @property
    def leading(self) -> tuple[str, ...]:
        """The options with the most votes; none before the first vote."""
        most = max(self.counts)
        pairs = zip(self.options, self.counts, strict=True)
        return tuple(option for option, count in pairs if count == most and most)


def open_ballot(workshop_id: str, question: str, options: Sequence[str]) -> int:
    """Put a question to the room and close the one before; returns its id.

    Raises InputError without a question or with too few or too many different options.
    """
    asked = tidy_label(question, LONGEST_QUESTION)
    labels = list(dict.fromkeys(filter(None, map(tidy_label, options))))
    if not asked:
        raise InputError("room.no_question")
    if not FEWEST_OPTIONS <= len(labels) <= MOST_OPTIONS:
        raise InputError("room.option_count", fewest=FEWEST_OPTIONS, most=MOST_OPTIONS)
    with room_database() as database, transaction(database):
        _close(database, workshop_id)
        row = database.execute(
            "INSERT INTO ballots (workshop_id, question, options, salt, opened)"
            " VALUES (?, ?, ?, ?, ?) RETURNING ballot_id",
            (workshop_id, asked, json.dumps(labels), secrets.token_hex(16), time.time()),
        ).fetchone()
        return int(row["ballot_id"])


def close_ballot(workshop_id: str) -> None:
    """End the vote that is on; its tally stays."""
    with room_database() as database:
        _close(database, workshop_id)


def vote(ballot_id: int, person_id: str, choice: int) -> None:
    """Count a person's vote; a second one takes the place of the first.

    Raises InputError if the vote is over, there is no such option, or the person is not in the
    workshop.
    """
    with room_database() as database, transaction(database):
        row = database.execute(
            "SELECT ballots.* FROM ballots JOIN people USING (workshop_id)"
            " WHERE ballot_id = ? AND person = ?",
            (ballot_id, hashed(person_id)),
        ).fetchone()
        if row is None:
            raise InputError("room.not_in_room")
        if row["closed"] is not None or not 0 <= choice < len(json.loads(row["options"])):
            raise InputError("room.vote_over")
        database.execute(
            "INSERT INTO votes (ballot_id, voter, choice) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET choice = excluded.choice",
            (ballot_id, hashed(row["salt"] + person_id), choice),
        )


def choice_of(ballot_id: int, person_id: str) -> int | None:
    """What a person voted for; None before their vote."""
    with room_database() as database:
        ballot = database.execute(
            "SELECT salt FROM ballots WHERE ballot_id = ?", (ballot_id,)
        ).fetchone()
        row = (
            ballot
            and database.execute(
                "SELECT choice FROM votes WHERE ballot_id = ? AND voter = ?",
                (ballot_id, hashed(ballot["salt"] + person_id)),
            ).fetchone()
        )
    return int(row["choice"]) if row else None


def ballots_of(workshop_id: str) -> tuple[Ballot, ...]:
    """Every ballot of a workshop with its tally, newest first."""
    with room_database() as database:
        rows = database.execute(
            "SELECT * FROM ballots WHERE workshop_id = ? ORDER BY ballot_id DESC", (workshop_id,)
        ).fetchall()
        return tuple(_ballot(database, row) for row in rows)


def latest_ballot(workshop_id: str) -> Ballot | None:
    """The ballot that was opened last."""
    with room_database() as database:
        row = database.execute(
            "SELECT * FROM ballots WHERE workshop_id = ? ORDER BY ballot_id DESC LIMIT 1",
            (workshop_id,),
        ).fetchone()
        return _ballot(database, row) if row else None


def _close(database: sqlite3.Connection, workshop_id: str) -> None:
    database.execute(
        "UPDATE ballots SET closed = ? WHERE workshop_id = ? AND closed IS NULL",
        (time.time(), workshop_id),
    )


def _ballot(database: sqlite3.Connection, row: sqlite3.Row) -> Ballot:
    options = tuple(json.loads(row["options"]))
    votes = dict(
        database.execute(
            "SELECT choice, COUNT(*) FROM votes WHERE ballot_id = ? GROUP BY choice",
            (row["ballot_id"],),
        ).fetchall()
    )
    counts = tuple(int(votes.get(place, 0)) for place in range(len(options)))
    return Ballot(row["ballot_id"], row["question"], options, counts, row["opened"], row["closed"])
