"""A workshop as its people live it: `python bench/room_walk.py [--teams 10] [--people 3]`.

Starts the app with a state folder of its own, opens a workshop in each language, lets every person
join in a browser of their own, opens exercises 1 and 4, raises a hand, votes, and shows the stage.
At each step the board has to be right and nobody may see another team; the pictures of the steps
go to `docs/walkthrough/<language>/`. Printed as JSON: per language how many seconds each step took.
`--home` uses a state folder that is there, with its models.
"""

import argparse
import json
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import Browser, Page, expect

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from bench.browsing import browse  # noqa: E402
from engine.course.reader import read_exercises  # noqa: E402
from engine.messages import LANGUAGES, Catalog, say  # noqa: E402

TEXTS = Catalog(PROJECT / "pages" / "ui")
EXERCISES = (1, 4)
WAIT_MS = 180_000
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
PROJECTOR = {"width": 1600, "height": 900}
LOCALES = {"zh": "zh-CN", "en": "en-US"}


@dataclass
class Member:
    """Somebody with a browser of their own, in a `language` of their own; `team` counts from 0."""

    page: Page
    name: str
    team: int
    language: str


@dataclass
class Room:
    """The facilitator's tab of an open workshop, its code, and who is in it."""

    url: str
    language: str
    page: Page
    code: str
    members: list[Member] = field(default_factory=list)

    def text(self, code: str, **values: object) -> str:
        """A text of the pages in the workshop's language."""
        return TEXTS.say(code, self.language, **values)


def settle(page: Page) -> None:
    """Wait until the page's script has finished."""
    done = ".stApp[data-test-script-state=notRunning]"
    page.wait_for_selector(done, state="attached", timeout=WAIT_MS)


def new_page(browser: Browser, language: str, size: dict[str, int], theme: str = "light") -> Page:
    """A tab in a browser of its own."""
    context = browser.new_context(
        locale=LOCALES[language],
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.set_default_timeout(WAIT_MS)
    return page


def open_room(page: Page, url: str, language: str, teams: int) -> Room:
    """Open a workshop of ninety minutes with the sample shop."""
    page.goto(f"{url}/room?lang={language}")
    page.locator(".st-key-opening_title input").fill("Shoplab")
    page.locator(".st-key-opening_agenda label:has(input[type=radio])").nth(1).click()
    count = page.locator(".st-key-opening_teams input")
    count.fill(str(teams))
    count.press("Tab")
    settle(page)
    page.locator(".st-key-opening_go button").click()
    head = page.locator(".st-key-room_head code")
    expect(head).to_have_text(re.compile("^[A-Z0-9]{6}$"))
    expect(page.locator(".st-key-room_board > div")).not_to_have_count(0)
    return Room(url, language, page, head.inner_text())


def join_room(room: Room, page: Page, name: str, team: int, language: str = "") -> Member:
    """Join by the link, as a scanned QR code opens it; by default in the room's language."""
    language = language or room.language
    page.goto(f"{room.url}/join?code={room.code}&lang={language}")
    page.locator(".st-key-room_name input").fill(name)
    page.locator(".st-key-room_team label:has(input[type=radio])").nth(team).click()
    page.locator(".st-key-join_name_go button").click()
    expect(page.locator(".st-key-join_clock")).to_be_visible()
    member = Member(page, name, team, language)
    room.members.append(member)
    return member


def shop_of(page: Page) -> str:
    """The key of the workspace that a tab is in."""
    return parse_qs(urlsplit(page.url).query)["w"][0]


def open_exercise(room: Room, member: Member, number: int) -> str:
    """Open an exercise of the course in the team's shop; its title in the room's language."""
    own, of_room = (
        next(one for one in read_exercises(language) if one.number == number)
        for language in (member.language, room.language)
    )
    values = {"exercise": own.slug, "lang": member.language, "w": shop_of(member.page)}
    member.page.goto(f"{room.url}/course?{urlencode(values)}")
    expect(member.page.locator("h1")).to_contain_text(own.title)
    expect(member.page.locator(".st-key-room_banner")).to_be_visible()
    return of_room.title


def back_to_room(room: Room, member: Member) -> None:
    """Open the page of the team again, without a code: the cookie knows who it is."""
    member.page.goto(f"{room.url}/join?lang={member.language}")
    expect(member.page.locator(".st-key-join_clock")).to_be_visible()


def open_view(room: Room, view: str) -> None:
    """Turn to one of the facilitator's views."""
    room.page.get_by_role("tab", name=room.text(f"room.views.{view}"), exact=True).click()
    settle(room.page)


def team_card(room: Room, team: int) -> str:
    """The name of a team as the board shows it."""
    return say("room.team", room.language, n=team + 1)


def expect_on_board(room: Room, team: int, text: str) -> None:
    """The team's card on the board says `text`."""
    card = room.page.locator("[class*=st-key-team_]").filter(
        has=room.page.get_by_text(team_card(room, team), exact=True)
    )
    expect(card).to_contain_text(text)


def raise_hand(room: Room, member: Member) -> None:
    """Raise somebody's hand: first their own page has to show it, then the board, on top."""
    member.page.locator(".st-key-room_hand button").click()
    expect_hand_up(member)
    top = room.page.locator("[class*=st-key-team_]").first
    expect(top).to_contain_text(team_card(room, member.team))


def expect_hand_up(member: Member) -> None:
    """The person's own page says that their hand is up."""
    lower = TEXTS.say("room_banner.lower", member.language)
    expect(member.page.locator(".st-key-room_hand button")).to_contain_text(lower)


def open_vote(room: Room, question: str, options: Sequence[str]) -> None:
    """Put a question to the room and show its tally on the stage."""
    open_view(room, "voting")
    room.page.locator("[class*=st-key-vote_question] input").fill(question)
    room.page.locator(".st-key-vote_options textarea").fill("\n".join(options))
    room.page.locator(".st-key-vote_open button").click()
    expect(room.page.locator(".st-key-room_vote")).to_contain_text(question)


def cast_vote(member: Member, option: int) -> None:
    """Vote on the page of the team."""
    vote = member.page.locator(".st-key-join_vote")
    expect(vote).to_be_visible()
    vote.locator("label:has(input[type=radio])").nth(option).click()
    member.page.locator(".st-key-cast button").click()
    expect(vote.get_by_role("progressbar").first).to_be_visible()


def open_stage(room: Room, page: Page) -> None:
    """Open the stage by its link, as the projector's computer does."""
    open_view(room, "share")
    link = room.page.locator("[data-testid=stCode]").filter(has_text="/stage?")
    page.goto(link.inner_text().strip())
    expect(page.locator(".room-code")).to_have_text(room.code)


class Pictures:
    """Numbers the pictures of a walk and notes how long each step took.

    Those of an earlier walk in the folder are deleted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 1)

    def take(self, page: Page, name: str) -> None:
        """A picture of what the tab shows now, as long as the page is."""
        settle(page)
        page.wait_for_selector("[data-testid=stSkeleton]", state="detached", timeout=WAIT_MS)
        page.wait_for_timeout(1000)
        size = page.viewport_size or {"width": 1280, "height": 900}
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": min(max(height, 600), 3000)})
        page.wait_for_timeout(500)
        number = len(list(self.folder.glob("*.png"))) + 1
        page.screenshot(path=self.folder / f"{number:02}-{name}.png")
        page.set_viewport_size({"width": size["width"], "height": size["height"]})


def walk(
    browser: Browser, url: str, language: str, teams: int, people: int, pictures: Pictures
) -> None:
    """One workshop from its opening to the stage."""
    facilitator = new_page(browser, language, DESK)
    facilitator.goto(f"{url}/room?lang={language}")
    facilitator.locator(".st-key-opening_title input").wait_for()
    pictures.take(facilitator, "open")
    with pictures.step("open"):
        room = open_room(facilitator, url, language, teams)
    with pictures.step("join"):
        for number in range(teams * people):
            page = new_page(browser, language, PHONE)
            if not number:
                page.goto(f"{url}/join?code={room.code}&lang={language}")
                page.locator(".st-key-room_name input").wait_for()
                pictures.take(page, "join")
            join_room(room, page, f"P{number + 1}", number % teams)
    first = room.members[0]
    pictures.take(first.page, "joined")
    apart(room)
    room.page.locator(".st-key-room_clock button").click()
    for number in EXERCISES:
        with pictures.step(f"exercise_{number}"):
            for member in room.members[:teams]:
                title = open_exercise(room, member, number)
            for team in range(teams):
                expect_on_board(room, team, title)
        pictures.take(first.page, f"exercise-{number}")
        pictures.take(room.page, f"board-exercise-{number}")
    with pictures.step("hand"):
        raise_hand(room, room.members[-1])
    pictures.take(room.page, "board-hand")
    with pictures.step("vote"):
        open_vote(room, "1, 2, 3?", ("1", "2", "3"))
        for number, member in enumerate(room.members):
            if number < teams:
                back_to_room(room, member)
            cast_vote(member, number % 2)
        expect(room.page.locator(".st-key-room_vote")).to_contain_text(
            room.text("room_parts.open", n=len(room.members))
        )
    pictures.take(room.members[0].page, "voted")
    pictures.take(room.page, "vote")
    with pictures.step("stage"):
        projector = new_page(browser, language, PROJECTOR)
        open_stage(room, projector)
        expect(projector.locator(".st-key-stage_vote")).to_contain_text("1, 2, 3?")
    pictures.take(projector, "stage-vote")
    open_view(room, "staging")
    room.page.locator(".st-key-staging_view label:has(input[type=radio])").nth(1).click()
    settle(room.page)
    room.page.locator(".st-key-staging_put button").click()
    expect(projector.locator(".st-key-stage_standing")).to_contain_text(team_card(room, 0))
    pictures.take(room.page, "staging")
    pictures.take(projector, "stage-standing")
    for context in browser.contexts:
        context.close()


def apart(room: Room) -> None:
    """Every team is in a shop of its own, and nobody's page names another team."""
    shops: dict[int, set[str]] = {}
    for member in room.members:
        shops.setdefault(member.team, set()).add(shop_of(member.page))
        for other in {one.team for one in room.members} - {member.team}:
            expect(member.page.get_by_text(team_card(room, other), exact=True)).to_have_count(0)
    assert all(len(keys) == 1 for keys in shops.values()), shops
    assert len(set().union(*shops.values())) == len(shops), shops


def main() -> None:
    """Walk through a workshop in each language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=10)
    parser.add_argument("--people", type=int, default=3)
    parser.add_argument("--languages", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--out", type=Path, default=PROJECT / "docs" / "walkthrough")
    options = parser.parse_args()
    expect.set_options(timeout=WAIT_MS)
    with browse(options.home) as (server, browser):
        for language in options.languages:
            pictures = Pictures(options.out / language)
            walk(browser, server.url, language, options.teams, options.people, pictures)
            print(json.dumps({"language": language, "seconds": pictures.seconds}))


if __name__ == "__main__":
    main()
