"""Who may ask what: a bearer key opens its own workspace and no other."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.errors import InputError
from engine.serving.api.limits import Limits
from engine.serving.api.settings import ApiSettings
from engine.storage.api_keys import ApiKey, Scope, find_key
from engine.storage.workspace import Workspace

_BEARER = HTTPBearer(auto_error=False, description="A key of `python -m engine key WORKSPACE`.")
Enter = Callable[..., AsyncIterator["Access"]]


@dataclass(frozen=True)
class Access:
    """An open workspace, and the key that opened it."""

    workspace: Workspace
    key: ApiKey


def open_access(settings: ApiSettings, name: str, key: str) -> Access:
    """The workspace called `name`, opened with the text of a key.

    Raises InputError `serving.bad_key`, the same whether the workspace or the key is wrong.
    """
    if settings.workspaces is not None and name not in settings.workspaces:
        raise InputError("serving.bad_key")
    try:
        workspace = Workspace.open(name)
        match = find_key(workspace, key)
    except InputError as error:  # there is no such workspace, or it was deleted meanwhile
        raise InputError("serving.bad_key") from error
    if match is None:
        raise InputError("serving.bad_key")
    return Access(workspace, match)


def entrance(settings: ApiSettings, limits: Limits, scope: Scope, *, limited: bool = True) -> Enter:
    """A dependency of routes that need a key of `scope`: it gives them the `Access`.

    A key of the scope `shop` opens everything. The request counts for the key's limits until it is
    answered, if it is `limited`.
    """

    async def enter(
        workspace: Annotated[str, Path(description="The workspace's name.")],
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> AsyncIterator[Access]:
        key = bearer.credentials if bearer else ""
        access = await run_in_threadpool(open_access, settings, workspace, key)
        if access.key.scope not in ("shop", scope):
            raise InputError("serving.key_scope")
        if not limited:
            yield access
            return
        with limits.request(access.key.id):
            yield access

    return enter
