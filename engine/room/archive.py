"""Everything of a workshop in one ZIP archive: the teams' workspaces, and who was in them.

`python -m engine host restore` brings the workspaces back. People are in it by name alone, and
votes as tallies.
"""

import json
import time
from pathlib import Path

from engine.errors import InputError
from engine.room.ballots import ballots_of
from engine.room.people import people_of
from engine.room.workshop import Workshop, teams_of
from engine.settings import home
from engine.storage.archive import write_archive
from engine.storage.workspace import Workspace


def archive_workshop(workshop: Workshop) -> Path:
    """Write the archive to `backups/` of the state folder; returns its path.

    Raises InputError if the disk has no room or no team has a workspace any more, and WorkspaceBusy
    while somebody loads.
    """
    people = people_of(workshop.workshop_id)
    workspaces: list[Workspace] = []
    notes: dict[str, str] = {}
    for team in teams_of(workshop.workshop_id):
        workspace = Workspace.read(home() / "workspaces" / team.workspace)
        if workspace is None:
            continue
        workspaces.append(workspace)
        note = {
            "workshop": workshop.title,
            "team": team.name,
            "people": [person.name for person in people if person.team_id == team.team_id],
            "votes": [
                {"question": one.question, "votes": dict(zip(one.options, one.counts, strict=True))}
                for one in ballots_of(workshop.workshop_id)
            ],
        }
        path = f"workspaces/{workspace.name}/workshop.json"
        notes[path] = json.dumps(note, ensure_ascii=False, indent=1)
    if not workspaces:
        raise InputError("room.gone")
    folder = home() / "backups"
    folder.mkdir(exist_ok=True)
    target = folder / f"workshop-{workshop.code}-{time.strftime('%Y%m%d-%H%M%S')}.zip"
    write_archive(target, workspaces, notes)
    return target
