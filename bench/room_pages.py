"""What a facilitator's laptop answers: `python bench/room_pages.py [--seconds 60] [--language en]`.

Ten teams of three join a workshop with the sample shop. Each person has a tab open and does
something every 4 seconds: one of a team is on the page of the team, one in an exercise, one
searches for something else each time. The facilitator looks at the board and a projector shows the
stage. The tabs are without browsers, which on a workshop's day run on thirty other machines; they
ask and poll as browsers do. The first round has nothing beside it; in the second one team trains
its search.

Printed as JSON for each round: of every page the milliseconds `p50`, `p95` and `worst` from a click
to the end of the page's script, the same of the parts that pages fetch by themselves (`polls`), and
the errors that pages showed.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.app_server import AppServer  # noqa: E402
from bench.room import queries, summarize  # noqa: E402
from bench.tabs import Runs, Tab  # noqa: E402
from engine.course.reader import read_exercises  # noqa: E402
from engine.jobs import queue  # noqa: E402
from engine.messages import LANGUAGES  # noqa: E402
from engine.models.pretrained import default_encoder, fetch  # noqa: E402
from engine.progress import Lines  # noqa: E402
from engine.room.agenda import ready_agenda  # noqa: E402
from engine.room.opening import Opening, open_workshop  # noqa: E402
from engine.room.people import join  # noqa: E402
from engine.room.workshop import Workshop, teams_of  # noqa: E402
from engine.storage.workspace import Workspace  # noqa: E402

TEAMS, PEOPLE = 10, 3
PAUSE_SECONDS = 4.0
# The pages that the people of a team are on, and the exercise that is open there.
PAGES = ("join", "course", "search")
EXERCISE = 4
# From the start of a training until it learns: before that it reads tables.
LEAD_SECONDS = 20.0
QUERY_BOX = "q"


class Room:
    """The tabs of a workshop, with what their runs took by page."""

    def __init__(self, url: str, workshop: Workshop, token: str) -> None:
        self.url = url
        self.workshop = workshop
        self.token = token
        self.runs = {page: Runs() for page in (*PAGES, "room", "stage")}
        self.tabs: list[tuple[str, Tab, list[str]]] = []

    async def open(self, stack: AsyncExitStack, exercise: str) -> None:
        """Let everybody in, the facilitator and the projector first."""
        language = {"lang": self.workshop.language}
        await self._open(stack, "room", {"f": self.token} | language)
        await self._open(stack, "stage", {"room": self.workshop.workshop_id} | language)
        for team in teams_of(self.workshop.workshop_id):
            shop = Workspace.open(team.workspace)
            asked = queries(shop) * 4
            for page in PAGES[:PEOPLE]:
                person = secrets.token_urlsafe(12)
                join(self.workshop, person, f"{team.name} {page}", team.team_id)
                query = {"w": shop.key, "p": person, "exercise": exercise} | language
                await self._open(stack, page, query, asked, person)

    async def _open(
        self,
        stack: AsyncExitStack,
        page: str,
        query: dict[str, str],
        asked: Sequence[str] = (),
        person: str = "",
    ) -> None:
        cookies = {"shoplab_person": person} if person else {}
        tab = Tab(self.url, page, query, self.runs[page], cookies)
        self.tabs.append((page, await stack.enter_async_context(tab), list(asked)))

    async def live(self, seconds: float) -> dict[str, Any]:
        """Let everybody work for so long; what the runs took, by page."""
        for runs in self.runs.values():
            runs.whole.clear()
            runs.fragments.clear()
        end = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(self._work(*each, end) for each in self.tabs))
        polls = [one for runs in self.runs.values() for one in runs.fragments]
        return {
            "clicks": {page: summarize(runs.whole) for page, runs in self.runs.items()},
            "polls": summarize(polls),
            "errors": [error for runs in self.runs.values() for error in runs.errors][:5],
        }

    async def _work(self, page: str, tab: Tab, asked: list[str], end: float) -> None:
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))
        while asyncio.get_running_loop().time() < end:
            if page == "search":
                await tab.type_into(QUERY_BOX, asked.pop())
            else:
                await tab.run()
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)


async def measure(url: str, workshop: Workshop, token: str, seconds: float) -> dict[str, Any]:
    """Both rounds of a workshop."""
    slug = next(one.slug for one in read_exercises(workshop.language) if one.number == EXERCISE)
    room = Room(url, workshop, token)
    async with AsyncExitStack() as stack:
        await room.open(stack, slug)
        await room.live(3 * PAUSE_SECONDS)  # what is loaded at first sight
        quiet = await room.live(seconds)
        async with training(teams_of(workshop.workshop_id)[0].workspace):
            busy = await room.live(seconds)
    return {"quiet": quiet, "training": busy}


@asynccontextmanager
async def training(workspace: str) -> AsyncIterator[None]:
    """A training of search that learns all the while. Raises SystemExit if it ended before."""
    job = queue.submit(workspace, "search", {})
    try:
        await asyncio.sleep(LEAD_SECONDS)
        yield
        if (state := queue.get_job(job).state) != "running":
            raise SystemExit(f"the training is {state}")
    finally:
        queue.cancel(job)


@contextmanager
def serve_workshop(language: str) -> Iterator[tuple[AppServer, Workshop, str]]:
    """The app in a home of its own, with a workshop and the facilitator's token."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SHOPLAB_HOME"] = str(Path(folder) / "home")
        fetch(default_encoder(language), Lines())
        agenda = ready_agenda("ninety_minutes", language)
        slugs = [one.slug for one in read_exercises(language)]
        workshop, token = open_workshop(
            Opening("Shoplab", language, agenda, slugs, TEAMS, "http://localhost")
        )
        server = AppServer(Path(folder) / "home")
        server.start()
        try:
            yield server, workshop, token
        finally:
            server.stop()


def main() -> None:
    """Open a workshop, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    options = parser.parse_args()
    with serve_workshop(options.language) as (server, workshop, token):
        print(json.dumps(asyncio.run(measure(server.url, workshop, token, options.seconds))))


if __name__ == "__main__":
    main()
