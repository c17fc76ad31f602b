"""Arguments that several commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import InputError

WorkspaceName = Annotated[str, typer.Argument(metavar="WORKSPACE", help="The workspace's name.")]
TaskName = Annotated[str, typer.Argument(metavar="TASK", help="The task, for instance search.")]
RunId = Annotated[
    str | None, typer.Option("--run", help="A run's id, or untuned; the newest run by default.")
]
File = Annotated[Path | None, typer.Option(metavar="FILE")]
Model = Annotated[str | None, typer.Option(help="A catalog id, a hub id (owner/name) or a folder.")]
Preset = Annotated[str | None, typer.Option(help="quick, balanced or thorough.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any other setting.")
]


def read_changes(
    model: str | None, preset: str | None, settings: Sequence[str] | None
) -> dict[str, str]:
    """The settings that a user typed. Raises InputError for one that is no `KEY=VALUE`."""
    changes: dict[str, str] = {}
    for option in settings or []:
        key, equals, value = option.partition("=")
        if not (equals and key.strip()):
            raise InputError("cli.bad_setting", given=option)
        changes[key.strip()] = value.strip()
    return changes | {key: value for key, value in (("model", model), ("preset", preset)) if value}
