"""What the uploads of all tabs together may take of the server's memory."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.web.server.app_discovery import discover_asgi_app
from streamlit.web.server.starlette.starlette_routes import BASE_ROUTE_UPLOAD_FILE

from engine.settings import PROJECT
from pages.ui.frame import upload_limit
from pages.ui.frame.upload_limit import ADDRESS, UploadLimit

MB = 1_000_000
URL = f"http://shop{ADDRESS}tab/file"


class Server:
    """Stands for Streamlit: keeps what arrives, once it may go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files = MemoryUploadedFileManager("/upload")
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.begun = 0
        tab = SimpleNamespace(session_id="tab")
        mine = SimpleNamespace(uploaded_file_mgr=self.files)
        monkeypatch.setattr(upload_limit.runtime, "exists", lambda: True)
        monkeypatch.setattr(upload_limit.runtime, "get_instance", lambda: mine)
        monkeypatch.setattr(upload_limit, "get_script_run_ctx", lambda: tab)
        monkeypatch.setenv("SHOPLAB_UPLOADS_MB", "3")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        body = await Request(scope, receive).body()
        await self.may_go_on.wait()
        file = UploadedFileRec(f"file {self.begun}", "a.csv", "text/csv", body)
        self.files.add_file("tab", file)
        await PlainTextResponse("", 204)(scope, receive, send)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    return Server(monkeypatch)


async def put(client: httpx2.AsyncClient, size: int, url: str = URL) -> int:
    return (await client.put(url, content=bytes(size))).status_code


def client_of(server: Server) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(UploadLimit(server)))


def test_what_all_tabs_hold_is_bounded_and_what_is_released_makes_room(server: Server) -> None:
    async def ask() -> None:
        async with client_of(server) as client:
            assert await put(client, 2 * MB) == 204
            assert upload_limit.held() == 2 * MB
            assert await put(client, 2 * MB) == 503
            assert server.begun == 1  # nothing of the second was read
            assert await put(client, 2 * MB, "http://shop/other") == 204
            for name in ("file 1", "file 2"):
                upload_limit.release(cast(UploadedFile, SimpleNamespace(file_id=name)))
            assert upload_limit.held() == 0
            assert await put(client, 2 * MB) == 204

    asyncio.run(ask())


def test_what_is_arriving_counts_and_so_does_what_says_no_length(server: Server) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"no length"

    async def ask() -> None:
        async with client_of(server) as client:
            server.may_go_on.clear()
            first = asyncio.create_task(put(client, 2 * MB))
            while not server.begun:
                await asyncio.sleep(0)
            assert await put(client, 2 * MB) == 503
            server.may_go_on.set()
            assert await first == 204
            assert (await client.put(URL, content=pieces())).status_code == 503
            assert server.begun == 1

    asyncio.run(ask())


def test_streamlit_still_has_what_the_limit_stands_on() -> None:
    assert f"/{BASE_ROUTE_UPLOAD_FILE.strip('/')}/" == ADDRESS
    assert isinstance(Runtime.uploaded_file_mgr, property)
    assert discover_asgi_app(PROJECT / "app.py").import_string == "app:app"
