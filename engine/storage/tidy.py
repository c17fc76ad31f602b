"""What is done once when the server starts: finish what a kill left undone."""

import contextlib
import shutil
import time
from pathlib import Path

from engine.storage.files import UNFINISHED
from engine.storage.lock import delete_unless_read
from engine.storage.scratch import delete_left_over
from engine.storage.workspace import DELETED

# Where workspaces keep what is replaced or deleted as a folder.
_KINDS = ("runs", "copy", "pictures", "index")
# A file that is still being written is younger than this.
_WRITING_SECONDS = 24 * 3600


def tidy_home(home: Path) -> None:
    """Close the state folder to other users of the machine, and delete what a kill left behind.

    That is the rest of what was being deleted, folders and files that were never finished, and
    scratch folders of dead processes.
    """
    with contextlib.suppress(PermissionError):  # it belongs to somebody else, who decides
        home.chmod(0o700)
    delete_left_over(home)
    workspaces = home / "workspaces"
    _finish(workspaces)
    _finish(home / "int8")
    for kind in _KINDS:
        for folder in workspaces.glob(f"*/{kind}"):
            _finish(folder)
    for folder in workspaces.glob("*"):
        _delete_unfinished_files(folder)
    for lock in workspaces.glob(".*.lock"):
        # Of a workspace whose deletion was killed after its folder was gone.
        if not (workspaces / lock.name[1 : -len(".lock")]).exists():
            lock.unlink(missing_ok=True)


def _finish(folder: Path) -> None:
    """Delete what was being deleted in a folder, or was being written by a process now dead."""
    for doomed in folder.glob(f".*{DELETED}"):
        shutil.rmtree(doomed, ignore_errors=True)
    for unfinished in folder.glob(f".*{UNFINISHED}"):
        delete_unless_read(unfinished)


def _delete_unfinished_files(folder: Path) -> None:
    """Delete temporary files of `write_atomically` that nobody has written to for a day."""
    for file in folder.glob(".*.*"):
        with contextlib.suppress(OSError):
            if file.is_file() and time.time() - file.stat().st_mtime > _WRITING_SECONDS:
                file.unlink()
