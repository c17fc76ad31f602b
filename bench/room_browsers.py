"""Thirty browsers on one laptop: `python bench/room_browsers.py [--seconds 60] [--language en]`.

Ten teams of three with the sample shop, each person with a real browser session (Debian's Chromium,
a context of its own) on the page Search, who asks for something else every 4 seconds. Nobody's
laptop runs the room's server and all its browsers, so these figures are an upper bound; what the
server takes by itself, with browsers elsewhere, is measured by `bench/room_pages.py`.

Printed as JSON: the milliseconds `p50`, `p95` and `worst` from the Enter key to the finished page,
as the browser sees it, pages that showed an error, and the share of the processors that the
browsers took, and that was busy at all: the difference is the app's with its model process, if
nothing else runs.
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
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
from playwright.async_api import Browser, Page, async_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.room import queries, summarize  # noqa: E402
from bench.room_pages import PAUSE_SECONDS, PEOPLE, TEAMS, serve_workshop  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402
from engine.room.people import join  # noqa: E402
from engine.room.workshop import Workshop, teams_of  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

BOX = ".st-key-q input"
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


async def ask(page: Page, asked: list[str], end: float) -> list[float]:
    """Ask every few seconds until `end`; the seconds of each."""
    times = []
    await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
    while asyncio.get_running_loop().time() < end:
        await page.fill(BOX, asked.pop())
        await page.evaluate(BEGIN)
        await page.press(BOX, "Enter")
        await page.wait_for_function(ANSWERED, polling=100)
        times.append(await page.evaluate("(window.changed - window.begun) / 1000"))
        await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)
    return times


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


async def measure(url: str, workshop: Workshop, seconds: float, people: int) -> dict[str, Any]:
    """Let everybody in, then ask for so long."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), chromium_sandbox=False
        )
        pages = []
        for team in teams_of(workshop.workshop_id):
            shop = Workspace.open(team.workspace)
            for number in range(people):
                person = secrets.token_urlsafe(12)
                join(workshop, person, f"{team.name} {number}", team.team_id)
                query = {"w": shop.key, "p": person, "lang": workshop.language}
                pages.append((await open_page(browser, url, query), queries(shop) * 4))
        loop = asyncio.get_running_loop()
        for phase in (3 * PAUSE_SECONDS, seconds):  # the first is what is loaded at first sight
            before, began = processor_seconds(), loop.time()
            times = await asyncio.gather(*(ask(*each, began + phase) for each in pages))
            after, took = processor_seconds(), loop.time() - began
        errors = [await page.locator(ERROR).count() for page, _ in pages]
        await browser.close()
    cores = os.cpu_count() or 1
    return {
        "clicks": summarize([one for person in times for one in person]),
        "questions": sum(map(len, times)),
        "pages_with_errors": sum(map(bool, errors)),
        "share_of_processors": {
            name: round((after[name] - before[name]) / took / cores, 2) for name in after
        },
    }


def main() -> None:
    """Open a workshop and its browsers, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    parser.add_argument("--teams", type=int, default=TEAMS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    options = parser.parse_args()
    with serve_workshop(options.language, options.teams) as (server, workshop, _):
        figures = asyncio.run(measure(server.url, workshop, options.seconds, options.people))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
