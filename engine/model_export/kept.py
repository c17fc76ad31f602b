"""What a workspace keeps of its exports.

```
<workspace>/exports/<run id>.zip     the archive
<workspace>/exports/<run id>-f16.gguf, -q8_0.gguf
<workspace>/exports/<run id>.json    where the model was uploaded to
```
A workspace keeps archive and GGUF files of one run, that of the newest export.
"""

import json
from pathlib import Path

from engine.model_export.gguf_weights import WEIGHTS, Weights
from engine.storage.files import make_folder, read_text, write_json
from engine.storage.workspace import Workspace

FOLDER = "exports"


def keep_archive(workspace: Workspace, task: str, run_id: str, language: str) -> None:
    """Write the archive of a run's model; what other runs left is deleted.

    Raises what `export_model` raises.
    """
    from engine.model_export.archive import export_model  # claims, which a page need not wait for

    _make_room(workspace, run_id)
    export_model(workspace, task, run_id, archive_of(workspace, run_id), language)


def keep_gguf(
    workspace: Workspace, task: str, run_id: str, weights: Weights, language: str
) -> None:
    """Write the GGUF file of a run's generator; what other runs left is deleted.

    Raises what `export_gguf` raises.
    """
    from engine.model_export.archive import export_gguf

    _make_room(workspace, run_id)
    target = gguf_of(workspace, run_id, weights)
    export_gguf(workspace, task, run_id, target, weights, language)


def upload(
    workspace: Workspace, task: str, run_id: str, language: str, repository: str, token: str
) -> None:
    """Upload a run's model to the hub, and keep where it is. Raises what `push_model` raises."""
    from engine.model_export.archive import push_model

    address = push_model(workspace, task, run_id, repository, token, language)
    write_json(_record_of(workspace, run_id), {"address": address})


def archive_of(workspace: Workspace, run_id: str) -> Path:
    """Where the archive of a run is, if there is one."""
    return workspace.folder / FOLDER / f"{run_id}.zip"


def gguf_of(workspace: Workspace, run_id: str, weights: Weights) -> Path:
    """Where the GGUF file of a run is, if there is one."""
    return workspace.folder / FOLDER / f"{run_id}-{weights}.gguf"


def address_of(workspace: Workspace, run_id: str) -> str:
    """Where a run's model was uploaded to last; empty if it never was."""
    try:
        record = json.loads(read_text(_record_of(workspace, run_id)) or "{}")
    except ValueError:  # until November 2026 the command's answer, which a kill may have cut off
        return ""
    return str(record.get("address") or "")


def _make_room(workspace: Workspace, run_id: str) -> None:
    kept = {archive_of(workspace, run_id), *(gguf_of(workspace, run_id, one) for one in WEIGHTS)}
    folder = workspace.folder / FOLDER
    make_folder(folder)
    for file in folder.iterdir():
        if file.suffix in (".zip", ".gguf") and file not in kept:
            file.unlink(missing_ok=True)


def _record_of(workspace: Workspace, run_id: str) -> Path:
    return workspace.folder / FOLDER / f"{run_id}.json"
