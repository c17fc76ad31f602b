"""Arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

WorkspaceName = Annotated[str, typer.Argument(metavar="WORKSPACE", help="The workspace's name.")]
TaskName = Annotated[str, typer.Argument(metavar="TASK", help="The task, for instance search.")]
RunId = Annotated[
    str | None, typer.Option("--run", help="A run's id, or untuned; the newest run by default.")
]
File = Annotated[Path | None, typer.Option(metavar="FILE")]
