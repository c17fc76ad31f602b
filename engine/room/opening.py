"""Opening a workshop: a code, a facilitator's token, and a workspace for every team."""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import InputError
from engine.images.sample_pictures import match_sample_pictures
from engine.messages import say
from engine.progress import Progress, Silent
from engine.reading.load import load_sample
from engine.room.agenda import MOST_BOXES, TimeBox, write_agenda
from engine.room.database import hashed, room_database
from engine.room.workshop import Workshop, workshop_by_id
from engine.storage.copies import copy_workspace, hand_out
from engine.storage.labels import tidy_label
from engine.storage.workspace import Workspace

# Without what looks alike on a projector or sounds alike when read out: 0 O, 1 I L, 2 Z, 5 S, 8 B.
ALPHABET = "34679ACDEFGHJKMNPQRTUVWXY"
CODE_LENGTH = 6
MOST_TEAMS, MOST_OPEN = 20, 20
_LONGEST_ADDRESS = 200


@dataclass(frozen=True)
class Opening:
    """What a facilitator chooses: `prepared` is the workspace that every team gets a copy of.

    Without one they get the sample shop of `language`. `exercises` are slugs, `address` is where
    browsers reach this server.
    """

    title: str
    language: str
    agenda: Sequence[TimeBox]
    exercises: Sequence[str]
    teams: int
    address: str
    prepared: Workspace | None = None


def open_workshop(opening: Opening, progress: Progress | None = None) -> tuple[Workshop, str]:
    """Open a workshop; also gives the facilitator's token, which nobody can read again.

    Raises InputError for no or too many teams, no or too many time boxes, or too many workshops.
    """
    if not 1 <= opening.teams <= MOST_TEAMS:
        raise InputError("room.team_count", most=MOST_TEAMS)
    if not opening.agenda:
        raise InputError("room.no_agenda")
    if len(opening.agenda) > MOST_BOXES:
        raise InputError("room.long_agenda", most=MOST_BOXES)
    _refuse_too_many()
    title = tidy_label(opening.title) or say("room.untitled", opening.language)
    prepared = opening.prepared or _sample_shop(title, opening.language, progress or Silent())
    workshop_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
    with room_database() as database:
        database.execute(
            "INSERT INTO workshops (workshop_id, code, facilitator, title, language, prepared,"
            " address, exercises, agenda, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                workshop_id,
                "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)),
                hashed(token),
                title,
                opening.language,
                prepared.name,
                opening.address.rstrip("/")[:_LONGEST_ADDRESS],
                json.dumps(list(opening.exercises)),
                write_agenda(opening.agenda),
                time.time(),
            ),
        )
    for _ in range(opening.teams):
        add_team(workshop_id)
    workshop = workshop_by_id(workshop_id)
    assert workshop is not None  # noqa: S101 - it was stored above
    return workshop, token


def add_team(workshop_id: str) -> None:
    """One more team, with a copy of the prepared workspace. Raises InputError beyond the most."""
    workshop = workshop_by_id(workshop_id)
    if workshop is None:
        raise InputError("room.gone")
    with room_database() as database:
        (count,) = database.execute(
            "SELECT COUNT(*) FROM teams WHERE workshop_id = ?", (workshop_id,)
        ).fetchone()
        if count >= MOST_TEAMS:
            raise InputError("room.team_count", most=MOST_TEAMS)
        name = say("room.team", workshop.language, n=count + 1)
        shop = f"{workshop.title} · {name}"
        copy = copy_workspace(Workspace.open(workshop.prepared), title=shop, workshop=workshop_id)
        database.execute(
            "INSERT INTO teams (workshop_id, name, workspace) VALUES (?, ?, ?)",
            (workshop_id, name, copy.name),
        )


def hand_to_all(workshop: Workshop, source: Workspace, workspaces: Sequence[str]) -> None:
    """Give the tables and runs of `source` as they are now to the teams' `workspaces`."""
    for name in workspaces:
        team = Workspace.open(name)
        if team.workshop == workshop.workshop_id and name != source.name:
            hand_out(source, team)


def _refuse_too_many() -> None:
    with room_database() as database:
        (count,) = database.execute(
            "SELECT COUNT(*) FROM workshops WHERE closed IS NULL"
        ).fetchone()
    if count >= MOST_OPEN:
        raise InputError("room.too_many_open", most=MOST_OPEN)


def _sample_shop(title: str, language: str, progress: Progress) -> Workspace:
    shop = Workspace.create(language=language)
    shop.set_title(say("room.prepared", language, title=title))
    load_sample(shop, language, progress)
    match_sample_pictures(shop)
    return shop
