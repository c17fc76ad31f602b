"""The command for whoever runs the server: who uses what, and what can be done about it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from engine.commands.state import job_as_json
from engine.errors import InputError
from engine.host.backup import back_up, restore
from engine.host.usage import delete_workspace, free_space, read_usage
from engine.jobs import cancel

Action = Literal["usage", "stop", "delete", "free", "backup", "restore"]


def host(
    context: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(metavar="ACTION", help="usage, stop, delete, free, backup or restore."),
    ] = "usage",
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A job to stop; a workspace to delete or back up."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The backup to write or to restore.")
    ] = None,
) -> dict[str, Any]:
    """Say who uses what; stop a job, delete a workspace, free space, back up and restore."""
    match action:
        case "usage":
            usage = read_usage()
            jobs = [job_as_json(job, context.obj) | {"owner": job.owner} for job in usage.jobs]
            return asdict(usage) | {"jobs": jobs}
        case "stop":
            cancel(_needed(name, action))
            return {"stopped": name}
        case "delete":
            delete_workspace(_needed(name, action))
            return {"deleted": name}
        case "free":
            return {"freed_bytes": free_space()}
    if file is None:
        raise InputError("host.file_needed", action=action)
    if action == "backup":
        return {"file": file, "workspaces": back_up(file, name)}
    if not file.is_file():
        raise InputError("reader.missing", file=str(file))
    return {"file": file, "workspaces": restore(file)}


def _needed(name: str | None, action: str) -> str:
    if name is None:
        raise InputError("host.name_needed", action=action)
    return name
