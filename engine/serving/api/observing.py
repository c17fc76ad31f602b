"""The outermost layer of the interface: measures requests, and answers what nobody expected."""

import logging
import time
from collections.abc import Mapping

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import ShoplabError
from engine.serving.api.errors import error_response, language_of
from engine.serving.api.metrics import Metrics

LOG = logging.getLogger(__name__)
# For every answer; the interface holds nothing that a browser may guess at, keep or pass on.
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# Those who look whether the server is well are not counted.
UNCOUNTED = ("/healthz", "/readyz", "/metrics")


class Observing:
    """Wraps the app: headers, metrics, and an answer in JSON where the app fails."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"] in UNCOUNTED:
            await self.app(scope, receive, send)
            return
        status, start = 0, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        with self.metrics.running.track_inprogress():
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception:
                LOG.exception("a request failed")
                if status:  # half an answer is out: the server has to cut the connection
                    raise
                error = ShoplabError("serving.failed")
                self.metrics.errors.labels(error.code).inc()
                response = error_response(error, language_of(Request(scope)))
                await response(scope, receive, send_with_headers)
            finally:
                self.metrics.answered(_route(scope), status, time.perf_counter() - start)


def _route(scope: Scope) -> str:
    """The last part of the route's path, such as `search`; `none` for a path without a route."""
    path: str = getattr(scope.get("route"), "path", "")
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    return parts[-1] if parts[1:] or parts == ["shop"] else "none"
