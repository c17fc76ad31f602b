"""Exports that a page asks for: the command line's own, in a process that outlives the page.

```
<workspace>/exports/<run id>.zip     the archive; a workspace keeps one
<workspace>/exports/<run id>.json    what the command answered
<workspace>/exports/<run id>.lock    held as long as the command runs
```
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import InputError
from engine.settings import PROJECT, child_environment, home
from engine.storage.files import make_folder, read_text
from engine.storage.lock import take
from engine.storage.quota import check_room
from engine.storage.runs import Run
from engine.storage.workspace import Workspace

FOLDER = "exports"
# Of all workspaces together; they work one after the other.
MOST_PROCESSES = 8


@dataclass(frozen=True)
class Export:
    """How an export stands: `archive` when it is ready, `error` in words when it failed.

    `address` is where the model was uploaded to.
    """

    state: Literal["none", "running", "ready", "failed"]
    archive: Path | None = None
    address: str = ""
    error: str = ""


def start_export(
    workspace: Workspace, run: Run, language: str, *, repository: str = "", token: str = ""
) -> None:
    """Start exporting the model of `run`, unless that goes on already.

    With `repository` it is uploaded instead, with the user's `token`, which only the new process
    gets, through its standard input. Archives of other runs are deleted. Raises InputError if the
    workspace takes all the disk it may, or was deleted, and while too many exports wait.
    """
    check_room(workspace.folder)
    folder = workspace.folder / FOLDER
    make_folder(folder)
    lock = take(folder / f"{run.run_id}.lock")
    if lock is None:
        return
    slot = _take_slot()
    if slot is None:
        os.close(lock)
        raise InputError("model_export.busy")
    archive = folder / f"{run.run_id}.zip"
    for old in folder.glob("*.zip"):
        if old != archive:
            old.unlink(missing_ok=True)
    command = [sys.executable, "-m", "engine", "export", workspace.name, run.task]
    command += ["--run", run.run_id, "--language", language, "--json"]
    command += ["--push", repository] if repository else ["--out", str(archive)]
    environment = {key: value for key, value in child_environment().items() if key != "HF_TOKEN"}
    try:
        with (folder / f"{run.run_id}.json").open("wb") as answer:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                cwd=PROJECT,
                env=environment,
                pass_fds=(lock, slot),
                start_new_session=True,
            )
    finally:
        os.close(lock)
        os.close(slot)
    # When the command ends it would stay a zombie if its parent didn't wait for it.
    threading.Thread(target=process.communicate, args=(f"{token}\n".encode(),), daemon=True).start()


def _take_slot() -> int | None:
    """The lock of one of `MOST_PROCESSES` places, which the new process holds until it ends."""
    places = (home() / f".export-{place}.lock" for place in range(MOST_PROCESSES))
    return next((slot for slot in map(take, places) if slot is not None), None)


def read_export(workspace: Workspace, run: Run) -> Export:
    """How the export of `run` stands."""
    folder = workspace.folder / FOLDER
    if not (folder / f"{run.run_id}.lock").is_file():
        return Export("none")
    lock = take(folder / f"{run.run_id}.lock")
    if lock is None:
        return Export("running")
    os.close(lock)
    archive = folder / f"{run.run_id}.zip"
    try:
        answer = json.loads(read_text(folder / f"{run.run_id}.json") or "")
    except ValueError:  # it was killed before it could answer
        return Export("ready", archive) if archive.is_file() else Export("none")
    if "error" in answer:
        return Export("failed", error=str(answer["error"]["message"]))
    if not archive.is_file() and not answer.get("address"):
        return Export("none")
    return Export("ready", archive if archive.is_file() else None, str(answer.get("address") or ""))
