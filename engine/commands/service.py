"""The command that answers customers' messages."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from engine.codec import decode
from engine.commands.arguments import RunId, WorkspaceName
from engine.commands.training import read_items
from engine.errors import InputError
from engine.progress import Lines
from engine.storage.runs import UNTUNED, list_runs
from engine.storage.workspace import Workspace

if TYPE_CHECKING:
    from engine.assistant.assistant import Assistant
    from engine.tasks.search.bundle import SearchBundle


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
    from engine.assistant.answers import Message

    assistant = _open_assistant(shop, policy, run)
    if source is not None:
        return _reply_to_file(assistant, source, customer)
    return assistant.reply(decode(Message, {"text": message or "", "customer": customer})).as_json()


def _open_assistant(shop: Workspace, policy: Path | None, run: str | None) -> "Assistant":
    """The shop's assistant, with the text of the file `policy` as its policy if there is one."""
    from engine.assistant.policy_file import keep_policy, read_upload
    from engine.assistant.questions import open_assistant
    from engine.training.evaluate import open_bundle

    if policy is not None:
        keep_policy(shop, read_upload(policy.read_bytes(), policy.name), policy.name)
    # The assistant works without a tuned search; with one it understands the shop better.
    run = run or (None if list_runs(shop, "search") else UNTUNED)
    return open_assistant(shop, cast("SearchBundle", open_bundle(shop, "search", run, Lines())))


def _reply_to_file(assistant: "Assistant", source: Path, customer: str) -> Iterator[dict[str, Any]]:
    """The replies to the messages of a file, one by one; `customer` where a line names nobody."""
    from engine.assistant.messages_file import read_message

    with source.open("rb") as stream:
        for row, item in read_items(stream, str(source)):
            message = read_message({"customer": customer, **item}, row)
            yield {"message": message.text} | assistant.reply(message).as_json()
