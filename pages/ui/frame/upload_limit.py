"""One limit on the uploads of all tabs together, which Streamlit keeps in the server's memory.

Streamlit (1.67) bounds each file, and keeps it until its box is cleared or its tab is gone.
"""

from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.settings import host_limits
from pages.ui.frame.i18n import t

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

ADDRESS = "/_stcore/upload_file/"
_MB = 1_000_000


class UploadLimit:
    """Refuses an upload for which there is no room before its first byte is read."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._arriving = 0

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass the request on, unless it brings too much."""
        if scope["type"] != "http" or scope["method"] != "PUT" or ADDRESS not in scope["path"]:
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        # Whoever does not say how much is coming may send as much as one file may have.
        size = int(length) if length.isdecimal() else st.get_option("server.maxUploadSize") << 20
        if held() + self._arriving + size > host_limits().uploads_mb * _MB:
            refusal = PlainTextResponse("The server holds too many uploads.", status_code=503)
            await refusal(scope, receive, send)
            return
        self._arriving += size
        try:
            await self._app(scope, receive, send)
        finally:
            self._arriving -= size


def held() -> int:
    """The bytes of all uploads that the server holds."""
    files = _files()
    families = files.get_stats().values() if files else ()
    return sum(stat.byte_length for stats in families for stat in stats)


def say_if_full(most_mb: int) -> None:
    """Say above a box for files of up to `most_mb` MB that the largest would find no room."""
    most = host_limits().uploads_mb
    if held() + most_mb * _MB > most * _MB:
        st.warning(t("app.uploads_full", most=f"{most:,}"), icon=":material/cloud_off:")


def release(file: UploadedFile) -> None:
    """Give back the memory of an upload that is kept elsewhere by now."""
    context, files = get_script_run_ctx(), _files()
    if context and files:
        files.remove_file(context.session_id, file.file_id)


def _files() -> MemoryUploadedFileManager | None:
    """Where Streamlit keeps what was uploaded; its tests have a place of their own."""
    files = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    return files if isinstance(files, MemoryUploadedFileManager) else None
