"""A record of a workspace: one JSON file that is replaced whole when it is saved again."""

from engine.storage.files import write_json
from engine.storage.quota import check_room
from engine.storage.workspace import Workspace


def save_record(workspace: Workspace, name: str, record: object) -> None:
    """Write `record` to the file `name` in the folder of the workspace.

    Raises InputError for a workspace that is full, frozen or deleted, and WorkspaceBusy while
    somebody else changes it for long.
    """
    check_room(workspace.folder)
    with workspace.changing():
        write_json(workspace.folder / name, record)
