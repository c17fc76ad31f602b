"""A workshop as it stands in the database, and what its facilitator sets."""

import json
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from engine.errors import InputError
from engine.room.agenda import Agenda, read_agenda
from engine.room.clock import Clock
from engine.room.database import hashed, room_database
from engine.settings import home
from engine.storage.freeze import freeze, thaw
from engine.storage.labels import tidy_label

LONGEST_BROADCAST = 300
View = Literal["welcome", "standing", "result", "idea", "vote"]
VIEWS: tuple[View, ...] = get_args(View)


@dataclass(frozen=True)
class Stage:
    """What the projector shows: a `view`, and for a team's result or idea the team and the item.

    `item` is the id of a run or of a card.
    """

    view: View = "welcome"
    team_id: int = 0
    item: str = ""


@dataclass(frozen=True)
class Team:
    """A team and its workspace; `visited` is when the facilitator last looked into it."""

    team_id: int
    name: str
    workspace: str
    visited: float


@dataclass(frozen=True)
class Workshop:
    """One workshop; times are epoch seconds.

    `prepared` is the workspace that teams got a copy of, `address` where browsers reach this
    server, and `exercises` the slugs of the exercises in their order.
    """

    workshop_id: str
    code: str
    title: str
    language: str
    prepared: str
    address: str
    exercises: tuple[str, ...]
    agenda: Agenda
    created: float
    closed: float | None
    frozen: bool
    broadcast: str
    broadcast_at: float
    clock: Clock
    stage: Stage

    @property
    def join_link(self) -> str:
        """The address at which people join."""
        return f"{self.address}/join?code={self.code}&lang={self.language}"


def workshop_by_token(token: str) -> Workshop | None:
    """The workshop whose facilitator holds `token`; None if nobody's does."""
    return _find("facilitator = ?", hashed(token)) if token else None


def workshop_by_id(workshop_id: str) -> Workshop | None:
    """The workshop with this id, open or closed."""
    return _find("workshop_id = ?", workshop_id) if workshop_id else None


def teams_of(workshop_id: str) -> tuple[Team, ...]:
    """The teams in the order in which they were made."""
    with room_database() as database:
        rows = database.execute(
            "SELECT team_id, name, workspace, visited FROM teams WHERE workshop_id = ?"
            " ORDER BY team_id",
            (workshop_id,),
        )
        return tuple(Team(**dict(row)) for row in rows)


def broadcast(workshop_id: str, text: str) -> None:
    """Show a message to everybody; an empty one takes the last one away."""
    message = tidy_label(text, LONGEST_BROADCAST)
    _set(workshop_id, broadcast=message, broadcast_at=time.time())


def put_on_stage(workshop_id: str, stage: Stage) -> None:
    """Show this on the projector."""
    if stage.view not in VIEWS:
        raise InputError("room.unknown_view", view=stage.view)
    _set(workshop_id, stage=json.dumps(asdict(stage)))


def set_frozen(workshop_id: str, frozen: bool) -> None:
    """Freeze every team's workspace, or let the teams go on."""
    _set(workshop_id, frozen=int(frozen))
    for team in teams_of(workshop_id):
        folder = home() / "workspaces" / team.workspace
        freeze(folder) if frozen else thaw(folder)


def close_workshop(workshop_id: str) -> None:
    """End a workshop: nobody joins any more. The teams keep their workspaces and their links."""
    set_frozen(workshop_id, False)
    _set(workshop_id, closed=time.time(), started=None)


def note_visit(team_id: int) -> None:
    """Note that the facilitator looks into a team now, which the team sees."""
    with room_database() as database:
        database.execute("UPDATE teams SET visited = ? WHERE team_id = ?", (time.time(), team_id))


def read_workshop(row: sqlite3.Row) -> Workshop:
    """The workshop in a row of the table."""
    columns: Mapping[str, object] = dict(row)
    plain = ("workshop_id", "code", "title", "language", "prepared", "address", "created")
    return Workshop(
        **{name: columns[name] for name in (*plain, "closed", "broadcast", "broadcast_at")},  # type: ignore[arg-type]
        exercises=tuple(json.loads(row["exercises"])),
        agenda=read_agenda(row["agenda"]),
        frozen=bool(row["frozen"]),
        clock=Clock(row["box"], row["started"], row["spent"]),
        stage=Stage(**json.loads(row["stage"])),
    )


def _find(condition: str, *values: Sequence[object] | str) -> Workshop | None:
    with room_database() as database:
        row = database.execute(
            f"SELECT * FROM workshops WHERE {condition}",  # noqa: S608 - written out above
            values,
        ).fetchone()
    return read_workshop(row) if row else None


def _set(workshop_id: str, **columns: object) -> None:
    names = ", ".join(f"{name} = ?" for name in columns)
    with room_database() as database:
        database.execute(
            f"UPDATE workshops SET {names} WHERE workshop_id = ?",  # noqa: S608 - names of columns
            (*columns.values(), workshop_id),
        )
