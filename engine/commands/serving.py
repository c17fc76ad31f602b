"""Commands that deploy a run, hand out keys, and answer for deployed models over HTTP."""

import getpass
import socket
import sys
from typing import Annotated, Any

import typer

from engine.codec import encode
from engine.commands.arguments import TaskName, WorkspaceName
from engine.errors import InputError
from engine.messages import say
from engine.settings import API_PORT
from engine.storage.api_keys import ApiKeys
from engine.storage.deployments import Deployment
from engine.storage.workspace import Workspace
from engine.training import promotion

STOREFRONT_DAYS = 7.0
By = Annotated[str, typer.Option(help="Who decides it, for the history; your login by default.")]


def promote(
    context: typer.Context,
    workspace: WorkspaceName,
    task: TaskName,
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")],
    by: By = "",
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Serve it even if tuning did not help.")
    ] = False,
) -> dict[str, Any]:
    """Serve a run from now on, and show what the held-out comparison says of it."""
    shop = Workspace.open(workspace)
    change = promotion.promote(shop, task, run, by or _login(), anyway=anyway)
    return _as_json(change, context.obj)


def rollback(
    context: typer.Context, workspace: WorkspaceName, task: TaskName, by: By = ""
) -> dict[str, Any]:
    """Serve again what was served before the last promotion: a run, or the untuned model."""
    shop = Workspace.open(workspace)
    return _as_json(promotion.rollback(shop, task, by or _login()), context.obj)


def key(
    context: typer.Context,
    workspace: WorkspaceName,
    listing: Annotated[bool, typer.Option("--list", help="Show the keys there are.")] = False,
    revoke: Annotated[
        str | None, typer.Option(metavar="ID", help="Refuse this key from now on.")
    ] = None,
    name: Annotated[str, typer.Option(help="What the new key is for.")] = "",
    storefront: Annotated[
        bool, typer.Option("--storefront", help="A key for the demo storefront alone.")
    ] = False,
    days: Annotated[
        float | None,
        typer.Option(min=0, help="How long the key is valid; 7 days for a storefront's."),
    ] = None,
) -> dict[str, Any]:
    """Make a key with which programs ask the shop's models, list the keys, or revoke one."""
    with ApiKeys(Workspace.open(workspace)) as keys:
        if revoke is not None:
            return {"workspace": workspace, "revoked": encode(keys.revoke(revoke))}
        if listing:
            return {"workspace": workspace, "keys": encode(keys.list())}
        if storefront and days is None:
            days = STOREFRONT_DAYS
        made, text = keys.create(name, "storefront" if storefront else "shop", days)
    message = say("api_keys.shown_once", context.obj)
    return {"workspace": workspace, **encode(made), "key": text, "message": message}


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = API_PORT,
    workspaces: Annotated[
        list[str] | None,
        typer.Option("--workspace", metavar="W", help="Serve this one only; may be repeated."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Let pages of this web origin ask, too."),
    ] = None,
) -> None:
    """Answer for deployed models over HTTP until Ctrl-C."""
    for name in workspaces or ():
        Workspace.open(name)
    listener = _listen(host, port)
    import uvicorn

    from engine.serving.api.opening import open_api
    from engine.serving.api.settings import ApiSettings

    settings = ApiSettings(
        workspaces=frozenset(workspaces) if workspaces else None, origins=tuple(cors or ())
    )
    # The server's name helps nobody but those who look for old versions.
    config = uvicorn.Config(open_api(settings), server_header=False, timeout_graceful_shutdown=10)
    address = f"http://{host}:{listener.getsockname()[1]}"
    print(say("serving.listening", context.obj, address=address), file=sys.stderr, flush=True)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises InputError where that cannot be, as for a port in use."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError("serving.port_taken", host=host, port=port, why=why) from error


def _as_json(change: Deployment, language: str) -> dict[str, Any]:
    """A deployment, with what the comparison says of it in words."""
    fields: dict[str, Any] = encode(change)
    if change.evidence is not None:
        fields["message"] = say(f"deployment.verdict.{change.evidence.verdict}", language)
    return fields


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return ""
