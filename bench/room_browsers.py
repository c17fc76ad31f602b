"""A room in real browsers: `python bench/room_browsers.py [--browsers 30] [--seconds 60]`.

Ten teams of three with the sample shop, each person on the page Search, asking for something else
every 4 seconds. `--browsers` of the thirty have a real browser session (Debian's Chromium, a
context of its own), the others a tab without a browser (`bench/tabs.py`). Nobody's laptop runs the
room's server and all its browsers: thirty of them fill two cores by themselves, so their figures
are an upper bound. With a few, those few see what a person of a full room sees.

With `--train` a second round follows in which one team trains its search, as in
`bench/room_pages.py`.

Printed as JSON for each round: the milliseconds `p50`, `p95` and `worst` from the Enter key to the
last change of the page as a browser sees it (`browsers`), and to the end of the page's script for
the others (`tabs`), pages that showed an error, and the share of the processors that the browsers
took, and that was busy at all: the difference is the app's with its model process and the training,
if nothing else runs.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import secrets
import shutil
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from playwright.async_api import Browser, Page, async_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.room import queries, summarize  # noqa: E402
from bench.room_pages import (  # noqa: E402
    PAUSE_SECONDS,
    PEOPLE,
    QUERY_BOX,
    TEAMS,
    serve_workshop,
    training,
)
from bench.tabs import Runs, Tab  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402
from engine.room.people import join  # noqa: E402
from engine.room.workshop import Workshop, teams_of  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

Ask = Callable[[str], Awaitable[None]]

BOX = f".st-key-{QUERY_BOX} input"
ERROR = ".stException, [data-testid=stAlertContentError]"
FINISHED = ".stApp[data-test-script-state=notRunning]"
WAIT_MS = 120_000
# The browser notes each change of the page but of the text box. A short run of the script leaves
# the page's mark of its state as it was, so an answer is a change and a while without another.
NOTE = """
const drawn = ({target}) => {
    const element = target.closest ? target : target.parentElement;
    return element?.closest(".stMain") && !element.closest(".stTextInput");
};
new MutationObserver((records) => {
    if (records.some(drawn)) window.changed = performance.now();
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""
BEGIN = "window.begun = performance.now();"
ANSWERED = """window.changed > window.begun && performance.now() - window.changed > 500
    && document.querySelector('.stApp').dataset.testScriptState === 'notRunning'"""


async def open_page(browser: Browser, url: str, query: dict[str, str]) -> Page:
    """A tab on the page Search, in a browser session of its own."""
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(WAIT_MS)
    await page.add_init_script(NOTE)
    await page.goto(f"{url}/search?{urlencode(query)}")
    await page.wait_for_selector(BOX)
    await page.wait_for_selector(FINISHED, state="attached")
    return page


async def ask_in_browser(page: Page, times: list[float], query: str) -> None:
    """Type a query and press Enter; note the seconds to the last change that this brings."""
    await page.fill(BOX, query)
    await page.evaluate(BEGIN)
    await page.press(BOX, "Enter")
    await page.wait_for_function(ANSWERED, polling=100)
    times.append(await page.evaluate("(window.changed - window.begun) / 1000"))


async def keep_asking(ask: Ask, queries: list[str], end: float) -> None:
    """Ask every few seconds until `end`."""
    await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
    while asyncio.get_running_loop().time() < end:
        await ask(queries.pop())
        await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)


def processor_seconds() -> dict[str, float]:
    """What the browsers, and what all processes, took of the processors so far."""
    browsers = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "chrom" in process.name():
                times = process.cpu_times()
                browsers += times.user + times.system
    machine = psutil.cpu_times()
    return {"browsers": browsers, "busy": sum(machine) - machine.idle - machine.iowait}


class Room:
    """The people of a workshop on the page Search, and how long they wait."""

    def __init__(self) -> None:
        self.people: list[tuple[Ask, list[str]]] = []
        self.pages: list[Page] = []
        self.drawn: list[float] = []
        self.runs = Runs()

    async def live(self, seconds: float) -> dict[str, Any]:
        """Let everybody ask for so long; what that took."""
        self.drawn.clear()
        self.runs.whole.clear()
        loop = asyncio.get_running_loop()
        before, began = processor_seconds(), loop.time()
        await asyncio.gather(*(keep_asking(*each, began + seconds) for each in self.people))
        after, took = processor_seconds(), loop.time() - began
        errors = [await page.locator(ERROR).count() for page in self.pages]
        cores = os.cpu_count() or 1
        return {
            "browsers": summarize(self.drawn),
            "tabs": summarize(self.runs.whole),
            "errors": sum(map(bool, errors)) + len(self.runs.errors),
            "share_of_processors": {
                name: round((after[name] - before[name]) / took / cores, 2) for name in after
            },
        }


async def measure(
    url: str, workshop: Workshop, seconds: float, browsers: int, train: bool
) -> dict[str, Any]:
    """Let everybody in, the first `browsers` of the room with a browser; both rounds."""
    room = Room()
    teams = teams_of(workshop.workshop_id)
    async with async_playwright() as playwright, AsyncExitStack() as tabs:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False
        )
        for number, team in product(range(PEOPLE), teams):
            shop = Workspace.open(team.workspace)
            person = secrets.token_urlsafe(12)
            join(workshop, person, f"{team.name} {number}", team.team_id)
            query = {"w": shop.key, "p": person, "lang": workshop.language}
            if len(room.pages) < browsers:
                room.pages.append(await open_page(browser, url, query))
                ask: Ask = partial(ask_in_browser, room.pages[-1], room.drawn)
            else:
                tab = Tab(url, "search", query, room.runs, {"shoplab_person": person})
                ask = partial((await tabs.enter_async_context(tab)).type_into, QUERY_BOX)
            room.people.append((ask, queries(shop) * 4))
        await room.live(3 * PAUSE_SECONDS)  # what is loaded at first sight
        rounds = {"quiet": await room.live(seconds)}
        if train:
            async with training(teams[0].workspace):
                rounds["training"] = await room.live(seconds)
        await browser.close()
    return rounds


def main() -> None:
    """Open a workshop and its browsers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--browsers", type=int, default=TEAMS * PEOPLE)
    parser.add_argument("--train", action="store_true", help="also while one team trains")
    options = parser.parse_args()
    with serve_workshop(options.language) as (server, workshop, _):
        figures = asyncio.run(
            measure(server.url, workshop, options.seconds, options.browsers, options.train)
        )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
