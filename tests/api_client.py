"""Asks the HTTP interface without a server: requests go straight into the app."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx2
from fastapi import FastAPI

from engine.storage.api_keys import ApiKeys, Scope
from engine.storage.workspace import Workspace

Result = TypeVar("Result")


def make_key(shop: Workspace, scope: Scope = "shop", days: float | None = None) -> str:
    """A new key of `shop`."""
    with ApiKeys(shop) as keys:
        return keys.create(scope=scope, days=days)[1]


def client_of(app: FastAPI, key: str = "") -> httpx2.AsyncClient:
    """A client of `app` with a key."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://shop", headers=headers
    )


def send(app: FastAPI, method: str, path: str, key: str = "", **options: Any) -> httpx2.Response:
    """The answer to one request."""

    async def ask(client: httpx2.AsyncClient) -> httpx2.Response:
        return await client.request(method, path, **options)

    return with_client(app, key, ask)


def with_client(
    app: FastAPI, key: str, use: Callable[[httpx2.AsyncClient], Awaitable[Result]]
) -> Result:
    """What `use` returns, in an event loop of its own."""

    async def run() -> Result:
        async with client_of(app, key) as client:
            return await use(client)

    return asyncio.run(run())
