"""What is done once when the server starts: finish what a kill left undone."""

import contextlib
import shutil
from pathlib import Path

from engine.storage.scratch import delete_left_over
from engine.storage.workspace import DELETED


def tidy_home(home: Path) -> None:
    """Close the state folder to other users of the machine, and delete what a kill left behind.

    That is the rest of workspaces that were being deleted, and scratch folders of dead processes.
    """
    with contextlib.suppress(PermissionError):  # it belongs to somebody else, who decides
        home.chmod(0o700)
    delete_left_over(home)
    for folder in (home / "workspaces").glob(f".*{DELETED}"):
        shutil.rmtree(folder, ignore_errors=True)
