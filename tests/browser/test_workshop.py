"""A small workshop in real browsers: a facilitator, and two teams of two.

Every page of it in each language is what tests/test_pages_room.py shows.
"""

import re

import pytest
from playwright.sync_api import Browser, expect

from bench import room_walk
from bench.app_server import AppServer
from pages.ui.frame.room.clock import POLL_SECONDS
from tests.browser.conftest import TIMEOUT

KEEP_POLLS = f"""
window.polls = []
const start = window.setInterval
window.setInterval = (act, wait, ...more) => {{
  if (wait === {POLL_SECONDS * 1000:g}) window.polls.push(act)
  return start(act, wait, ...more)
}}
"""
# A poll falls due between the click and what Streamlit sends of it, and the server has begun to
# handle it before the browser comes to the rest.
CLICK_AS_A_POLL_FALLS_DUE = """button => {
  button.click()
  window.polls.at(-1)()
  const end = Date.now() + 500
  while (Date.now() < end) continue
}"""


def test_a_workshop_from_its_opening_to_the_stage(
    server: AppServer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_walk, "WAIT_MS", TIMEOUT)
    # The room is Chinese, and its guests speak English.
    tab = room_walk.new_page(browser, "zh", room_walk.DESK)
    room = room_walk.open_room(tab, server.url, "zh", 2)
    for number in range(4):
        phone = room_walk.new_page(browser, "en", room_walk.PHONE)
        phone.add_init_script(KEEP_POLLS)
        room_walk.join_room(room, phone, f"P{number}", number % 2, "en")
    room_walk.apart(room)
    first, second, _, last = room.members
    # Whoever loses the tab and its address comes back as the same person.
    room_walk.back_to_room(room, first)
    expect(first.page.locator("h3").first).to_have_text(f"{room_walk.team_card(room, 0)} · P0")
    wide = first.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= room_walk.PHONE["width"]

    title = room_walk.open_exercise(room, first, 4)
    room_walk.expect_on_board(room, 0, title)
    card = room.page.locator("[class*=st-key-team_]")
    room_walk.raise_hand(room, second)
    last.page.locator(".st-key-room_hand button").evaluate(CLICK_AS_A_POLL_FALLS_DUE)

    # The facilitator looks into a team, and both see that.
    look = card.first.locator("a[data-testid=stBaseLinkButton-secondary]").first
    # Cards change places piece by piece: for a moment a name may stand above another's link, or
    # above both.
    expect(look).to_have_attribute("href", re.compile(re.escape(room_walk.shop_of(second.page))))
    link = look.get_attribute("href")
    assert link is not None
    visitor = room.page.context.new_page()
    visitor.goto(link, timeout=TIMEOUT)
    note = room.text("room_banner.visiting", team=room_walk.team_card(room, 1))
    expect(visitor.locator(".st-key-room_banner")).to_contain_text(note)

    room_walk.open_vote(room, "1 + 1?", ("2", "3"))
    room_walk.back_to_room(room, first)
    for member in room.members:
        room_walk.cast_vote(member, 0)
    # Whatever else the click has sent was handled before the vote: it has counted once.
    room_walk.expect_hand_up(last)
    tally = room.text("room_parts.tally", option="2", n=4)
    expect(room.page.locator(".st-key-room_vote")).to_contain_text(tally)
    projector = room_walk.new_page(browser, "zh", room_walk.PROJECTOR)
    room_walk.open_stage(room, projector)
    expect(projector.locator(".st-key-stage_vote")).to_contain_text(tally)
    expect(projector.locator(".room-clock")).to_have_text(re.compile(r"^\d+:\d\d$"))
    for context in browser.contexts:
        context.close()
