"""What a workspace keeps of its exports.

```
<workspace>/exports/<run id>.zip     the archive; a workspace keeps one
<workspace>/exports/<run id>.json    where the model was uploaded to
```
"""

import json
from pathlib import Path

from engine.storage.files import make_folder, read_text, write_json
from engine.storage.workspace import Workspace

FOLDER = "exports"


def keep_archive(workspace: Workspace, task: str, run_id: str, language: str) -> None:
    """Write the archive of a run's model; those of other runs are deleted.

    Raises what `export_model` raises.
    """
    from engine.model_export.archive import export_model  # claims, which a page need not wait for

    target = archive_of(workspace, run_id)
    make_folder(target.parent)
    for old in target.parent.glob("*.zip"):
        if old != target:
            old.unlink(missing_ok=True)
    export_model(workspace, task, run_id, target, language)


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


def address_of(workspace: Workspace, run_id: str) -> str:
    """Where a run's model was uploaded to last; empty if it never was."""
    try:
        record = json.loads(read_text(_record_of(workspace, run_id)) or "{}")
    except ValueError:  # until November 2026 the command's answer, which a kill may have cut off
        return ""
    return str(record.get("address") or "")


def _record_of(workspace: Workspace, run_id: str) -> Path:
    return workspace.folder / FOLDER / f"{run_id}.json"
