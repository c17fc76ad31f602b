"""Who is in a workshop: joining by code, coming back as the same person, raising a hand."""

import sqlite3
import time
from dataclasses import dataclass

from engine.errors import InputError
from engine.room.database import hashed, room_database
from engine.room.opening import CODE_LENGTH
from engine.room.workshop import Team, Workshop, read_workshop, teams_of
from engine.storage.database import transaction
from engine.storage.labels import tidy_label

TEAM_SIZE = 6
LONGEST_NAME = 40
# Of one address, which a whole classroom may share; of 25^6 codes so many lead nowhere.
MOST_WRONG_CODES = 60
WINDOW_SECONDS = 600.0


@dataclass(frozen=True)
class Person:
    """Somebody in a team; `person` is the hash of the id that only their browser holds.

    `hand` is since when they have their hand up (None: they have not).
    """

    person: str
    name: str
    team_id: int
    joined: float
    hand: float | None


@dataclass(frozen=True)
class Member:
    """A person in a workshop and their team."""

    workshop: Workshop
    team: Team
    person: Person


def find_workshop(code: str, address: str) -> Workshop:
    """The open workshop that `code` leads to, however it is written.

    Raises InputError for a wrong code, and after too many of them from one `address`.
    """
    now = time.time()
    tidy = "".join(code.upper().split())[:CODE_LENGTH]
    with room_database() as database:
        # Those of later come from before the clock was set back.
        database.execute(
            "DELETE FROM wrong_codes WHERE time < ? OR time > ?", (now - WINDOW_SECONDS, now)
        )
        (wrong,) = database.execute(
            "SELECT COUNT(*) FROM wrong_codes WHERE address = ?", (address,)
        ).fetchone()
        if wrong >= MOST_WRONG_CODES:
            raise InputError("room.too_many_codes", minutes=round(WINDOW_SECONDS / 60))
        row = database.execute(
            "SELECT * FROM workshops WHERE code = ? AND closed IS NULL", (tidy,)
        ).fetchone()
        if row is None:
            database.execute(
                "INSERT INTO wrong_codes (address, time) VALUES (?, ?)", (address, now)
            )
            raise InputError("room.wrong_code")
        return read_workshop(row)


def join(workshop: Workshop, person_id: str, name: str, team_id: int) -> Member:
    """Put a person into a team; one who is in the workshop already changes name or team.

    Raises InputError without a name, for an unknown team, and for one that is full.
    """
    label = tidy_label(name)[:LONGEST_NAME]
    if not label:
        raise InputError("room.no_name")
    team = next((team for team in teams_of(workshop.workshop_id) if team.team_id == team_id), None)
    if team is None:
        raise InputError("room.unknown_team")
    who = hashed(person_id)
    with room_database() as database, transaction(database):
        (others,) = database.execute(
            "SELECT COUNT(*) FROM people WHERE team_id = ? AND person <> ?", (team_id, who)
        ).fetchone()
        if others >= TEAM_SIZE:
            raise InputError("room.team_full", team=team.name, most=TEAM_SIZE)
        row = database.execute(
            "INSERT INTO people (workshop_id, person, team_id, name, joined) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET team_id = excluded.team_id, name = excluded.name"
            " RETURNING person, name, team_id, joined, hand",
            (workshop.workshop_id, who, team_id, label, time.time()),
        ).fetchone()
    return Member(workshop, team, _person(row))


def find_member(person_id: str, workshop_id: str = "") -> Member | None:
    """The person in an open workshop: in this one, else in the one that they joined last."""
    with room_database() as database:
        row = database.execute(
            "SELECT * FROM people JOIN workshops USING (workshop_id)"
            " WHERE person = ? AND closed IS NULL AND ? IN ('', workshop_id)"
            " ORDER BY joined DESC LIMIT 1",
            (hashed(person_id), workshop_id),
        ).fetchone()
    if row is None:
        return None
    workshop = read_workshop(row)
    team = next(one for one in teams_of(workshop.workshop_id) if one.team_id == row["team_id"])
    return Member(workshop, team, _person(row))


def leave(workshop_id: str, person_id: str) -> None:
    """Take a person out of a workshop."""
    with room_database() as database:
        database.execute(
            "DELETE FROM people WHERE workshop_id = ? AND person = ?",
            (workshop_id, hashed(person_id)),
        )


def raise_hand(workshop_id: str, person_id: str, up: bool) -> None:
    """Raise or lower a person's hand; one that is up keeps its time."""
    with room_database() as database:
        database.execute(
            "UPDATE people SET hand = CASE WHEN ? THEN COALESCE(hand, ?) END"
            " WHERE workshop_id = ? AND person = ?",
            (up, time.time(), workshop_id, hashed(person_id)),
        )


def lower_hands(team_id: int) -> None:
    """Lower every hand of a team, once somebody has helped it."""
    with room_database() as database:
        database.execute("UPDATE people SET hand = NULL WHERE team_id = ?", (team_id,))


def people_of(workshop_id: str) -> tuple[Person, ...]:
    """Everybody in a workshop in the order in which they joined."""
    with room_database() as database:
        rows = database.execute(
            "SELECT person, name, team_id, joined, hand FROM people WHERE workshop_id = ?"
            " ORDER BY joined",
            (workshop_id,),
        )
        return tuple(map(_person, rows))


def _person(row: sqlite3.Row) -> Person:
    return Person(row["person"], row["name"], row["team_id"], row["joined"], row["hand"])
