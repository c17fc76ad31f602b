"""A JSON file of a workspace that is replaced whole when it is saved again."""

from engine.storage.files import write_json
from engine.storage.quota import check_room
from engine.storage.workspace import Workspace


def save_json(workspace: Workspace, name: str, value: object) -> None:
    """Write `value` to the file `name` in the folder of the workspace.

    Raises InputError for a workspace that is full, frozen or deleted, and WorkspaceBusy while
    somebody else changes it for long.
    """
    check_room(workspace.folder)
    with workspace.changing():
        write_json(workspace.folder / name, value)
