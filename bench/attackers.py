"""How long one team's search takes while another does the worst it can from ten tabs.

`python bench/attackers.py [--searches 40] [--tabs 10]` starts the app with a sample shop for each
team. One tab searches for something else every second. First nothing runs beside it; then the other
team's tabs type texts of 30,000 characters, reload, open new tabs by links with 5,000 characters,
upload 20 MB and download the app, each again and again without a pause. The tabs are without
browsers (`bench/tabs.py`), so nothing that a browser limits holds them back. Printed as JSON:
milliseconds from Enter to the end of the page's script, and the errors that were shown.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx2

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.app_server import AppServer  # noqa: E402
from bench.room import queries, summarize  # noqa: E402
from bench.tabs import Runs, Tab  # noqa: E402
from engine.reading.load import load_sample  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

TYPED = 30_000
LINKED = 5_000
UPLOADED = 20_000_000
PAUSE_SECONDS = 1.0
_XSRF = "_streamlit_xsrf"

Act = Callable[[Tab, httpx2.AsyncClient], Awaitable[object]]


class Attack:
    """The tabs of a team that means harm, at the app at `url`, with its own shop's key."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.runs = Runs()
        # How often each kind of harm was done.
        self.done = dict.fromkeys(("type", "reload", "link", "upload", "download"), 0)

    async def run(self, number: int) -> None:
        """Do one kind of harm, by the number of the tab, until this is cancelled."""
        kind = list(self.done)[number % len(self.done)]
        act: Act = getattr(self, f"_{kind}")
        async with self._tab({}) as tab, httpx2.AsyncClient(timeout=300) as http:
            while True:
                with suppress(httpx2.HTTPError, TimeoutError, OSError):
                    await act(tab, http)
                    self.done[kind] += 1
                await asyncio.sleep(0)

    def _tab(self, query: dict[str, str]) -> Tab:
        return Tab(self.url, "search", {"w": self.key} | query, self.runs, {})

    async def _type(self, tab: Tab, _: httpx2.AsyncClient) -> None:
        await tab.type_into("q", "百" * TYPED)

    async def _reload(self, tab: Tab, _: httpx2.AsyncClient) -> None:
        await tab.run()

    async def _link(self, tab: Tab, _: httpx2.AsyncClient) -> None:
        async with self._tab({"q": "under 5 " * (LINKED // 8)}):
            pass

    async def _upload(self, tab: Tab, http: httpx2.AsyncClient) -> None:
        await http.get(f"{self.url}/_stcore/health")
        await http.put(
            f"{self.url}/_stcore/upload_file/{tab.session}/file",
            files={"file": ("a.csv", b"1,2\n" * (UPLOADED // 4))},
            headers={"X-Xsrftoken": http.cookies.get(_XSRF) or ""},
        )

    async def _download(self, tab: Tab, http: httpx2.AsyncClient) -> None:
        page = (await http.get(self.url)).text
        for part in page.split('"'):
            if part.endswith((".js", ".css")):
                await http.get(f"{self.url}/{part.removeprefix('./').lstrip('/')}")


async def search(url: str, key: str, asked: list[str], pause: float = PAUSE_SECONDS) -> Runs:
    """Search for one after the other in a tab; how long each took, and the errors shown."""
    runs = Runs()
    async with Tab(url, "search", {"w": key, "lang": "en"}, runs, {}) as tab:
        runs.whole.clear()
        for query in asked:
            await tab.type_into("q", query)
            await asyncio.sleep(pause)
    return runs


async def search_under(attack: Attack, tabs: int, key: str, asked: list[str]) -> Runs:
    """As `search`, while the other team attacks from so many tabs."""
    async with AsyncExitStack() as stack:
        for number in range(tabs):
            task = asyncio.create_task(attack.run(number))
            stack.callback(task.cancel)
        return await search(attack.url, key, asked)


async def measure(url: str, keys: tuple[str, str], asked: list[str], tabs: int) -> dict[str, Any]:
    """Both rounds: alone and under attack."""
    half = len(asked) // 2
    alone = await search(url, keys[0], asked[:half])
    attack = Attack(url, keys[1])
    under = await search_under(attack, tabs, keys[0], asked[half:])
    return {
        "alone": summarize(alone.whole),
        "under_attack": summarize(under.whole),
        "errors": [*alone.errors, *under.errors][:5],
        "attacks": attack.done,
        "load": os.getloadavg(),
    }


def main() -> None:
    """Start the app, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument("--tabs", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = str(Path(folder) / "home")
        shops = [Workspace.create(f"team-{number}", "en") for number in range(2)]
        for shop in shops:
            load_sample(shop, "en")
        asked = (queries(shops[0]) * 4)[: 2 * options.searches]
        server = AppServer(Path(folder) / "home")
        server.start()
        try:
            keys = (shops[0].key, shops[1].key)
            figures = asyncio.run(measure(server.url, keys, asked, options.tabs))
        finally:
            server.stop()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
