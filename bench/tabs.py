"""Tabs without a browser: what a page costs the server, not what drawing it costs a laptop.

A tab speaks Streamlit's own protocol on a web socket: it asks for a page, types into its boxes and,
as a browser does, runs each fragment again as often as the page wants.
"""

import asyncio
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 120.0


@dataclass
class Runs:
    """Seconds from the request of a run to its end, and the errors that pages showed."""

    whole: list[float] = field(default_factory=list)
    fragments: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Tab:
    """A tab on one page of the app at `url` (http); its runs are noted in `runs`."""

    def __init__(
        self, url: str, page: str, query: dict[str, str], runs: Runs, cookies: dict[str, str]
    ) -> None:
        self.runs = runs
        # Whom the server takes this tab for, where files are uploaded to.
        self.session = ""
        self._url = url
        self._page = page
        self._query = urlencode(query)
        self._cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._script = ""
        self._boxes: dict[str, str] = {}
        self._typed: dict[str, str] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._due: dict[str, float] = {}
        self._finished = asyncio.Event()
        self._begun = False

    async def __aenter__(self) -> Self:
        """Open the tab and wait until its page has run."""
        self._socket: ClientConnection = await connect(
            self._url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": self._cookies} if self._cookies else None,
            max_size=None,
            ping_interval=None,
        )
        self._reader = asyncio.create_task(self._read())
        await self.run()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the tab."""
        self._stop_timers()
        self._reader.cancel()
        await self._socket.close()

    async def run(self) -> None:
        """Run the whole page again and wait for its end. Raises TimeoutError with the page."""
        started = time.perf_counter()
        self._finished.clear()
        self._begun = False
        await self._send("")
        try:
            await asyncio.wait_for(self._finished.wait(), PATIENCE_SECONDS)
        except TimeoutError as error:
            state = self._reader.exception() if self._reader.done() else "connected"
            raise TimeoutError(f"{self._page}: {state}") from error
        self.runs.whole.append(time.perf_counter() - started)

    async def type_into(self, key: str, text: str) -> None:
        """Type into the box with this key and press Enter. Raises StopIteration without one."""
        box = next(box for box in self._boxes.values() if box.endswith(f"-{key}"))
        self._typed[box] = text
        await self.run()

    async def _send(self, fragment: str) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = self._query
        state.page_script_hash = self._script
        if not self._script:
            state.page_name = self._page
        state.fragment_id = fragment
        state.is_auto_rerun = bool(fragment)
        state.context_info.url = f"{self._url}/{self._page}"
        for box, text in self._typed.items():
            state.widget_states.widgets.append(WidgetState(id=box, string_value=text))
        await self._socket.send(message.SerializeToString())

    async def _repeat(self, fragment: str, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            self._due.setdefault(fragment, time.perf_counter())
            await self._send(fragment)

    async def _read(self) -> None:
        running: list[str] = []
        async for data in self._socket:
            message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            match message.WhichOneof("type"):
                case "new_session":
                    running = list(message.metadata.run.fragment_ids)
                    self._script = message.new_session.page_script_hash
                    self.session = message.new_session.initialize.session_id
                    if not running:
                        self._begun = True
                        self._stop_timers()
                    elif self._begun:
                        # The page's run is over, whatever was said of its end.
                        self._finished.set()
                case "page_info_changed":
                    self._query = message.page_info_changed.query_string
                case "auto_rerun":
                    wish = message.auto_rerun
                    if wish.fragment_id not in self._timers:
                        repeat = self._repeat(wish.fragment_id, wish.interval)
                        self._timers[wish.fragment_id] = asyncio.create_task(repeat)
                case "stop_auto_rerun":
                    for fragment in message.stop_auto_rerun.fragment_ids:
                        if timer := self._timers.pop(fragment, None):
                            timer.cancel()
                case "delta":
                    self._note(message)
                case "script_finished":
                    self._end(message.script_finished, running)

    def _note(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "text_input":
            self._boxes[element.text_input.label] = element.text_input.id
        elif kind == "exception":
            self.runs.errors.append(element.exception.message)

    def _end(self, status: "ForwardMsg.ScriptFinishedStatus.ValueType", running: list[str]) -> None:
        if status == ForwardMsg.FINISHED_SUCCESSFULLY and self._begun:
            self._finished.set()
        elif status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            now = time.perf_counter()
            for fragment in running:
                if fragment in self._due:
                    self.runs.fragments.append(now - self._due.pop(fragment))

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._due.clear()
