"""The command that answers customers' messages."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.commands.arguments import RunId, WorkspaceName
from engine.commands.training import read_items
from engine.errors import InputError
from engine.progress import Lines
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace


def reply(
    workspace: WorkspaceName,
    message: Annotated[str | None, typer.Option(help="One message of a customer.")] = None,
    customer: Annotated[str, typer.Option(help="Who is signed in; a guest by default.")] = "",
    source: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="JSON lines with message, customer, context."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep this text as the shop's policy first."),
    ] = None,
    run: RunId = None,
) -> dict[str, Any] | Iterator[dict[str, Any]]:
    """Answer a customer's message from the shop's data and policy, or hand it over."""
    shop = Workspace.open(workspace)
    if message is not None and source is not None:
        raise InputError("assistant.one_message")
    if message is None and source is None:
        raise InputError("assistant.no_message")
    for file in (source, policy):
        if file is not None and not file.is_file():
            raise InputError("reader.missing", file=str(file))
    from engine.assistant.assistant import Message
    from engine.assistant.policy_file import keep_policy, read_upload
    from engine.assistant.questions import open_assistant, read_message
    from engine.training.evaluate import open_bundle

    if policy is not None:
        keep_policy(shop, read_upload(policy.read_bytes(), policy.name), policy.name)
    # Any shop can be answered for at once; a tuned search only understands it better.
    chosen = run or (UNTUNED if not list_runs(shop, "search") else None)
    bundle: Any = open_bundle(shop, "search", chosen, Lines())
    assistant = open_assistant(shop, bundle)
    if message is not None:
        return assistant.reply(Message(message, customer)).as_json()
    assert source is not None  # noqa: S101 - one of the two is given

    def answers() -> Iterator[dict[str, Any]]:
        with source.open("rb") as stream:
            for row, item in read_items(stream, str(source)):
                asked = read_message({"customer": customer} | dict(item), row)
                yield {"message": asked.text} | assistant.reply(asked).as_json()

    return answers()
