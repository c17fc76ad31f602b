"""The command that starts the pages, from whatever folder it is typed in."""

import os
import sys
from typing import Annotated

import typer

from engine.settings import PROJECT, child_environment


def app(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8501,
) -> None:
    """Start the pages for the browser, until Ctrl-C."""
    script = str(PROJECT / "app.py")
    options = (f"--server.address={host}", f"--server.port={port}")
    command = [sys.executable, "-m", "streamlit", "run", script, *options]
    # In place of this process, so that signals reach the server; no shell takes part.
    os.execve(sys.executable, command, child_environment())  # noqa: S606
