"""The room in the sidebar of every page of a team: clock, message, hand, and the facilitator."""

import time

import streamlit as st

from engine.room.people import raise_hand
from engine.room.snapshot import Snapshot, refresh, snapshot_of
from engine.room.workshop import Team, note_visit
from engine.storage.workspace import Workspace
from pages.ui.frame import person
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.frame.room.clock import POLL_SECONDS, box_title, clock_text

# The pages that show the room themselves.
ROOM_PAGES = ("join", "room", "stage")
_VISIT_SECONDS = 10.0
_HEARD, _FROZEN = "room_heard", "room_was_frozen"


def show(page: str, current: Workspace | None) -> None:
    """The banner, polled every two seconds; nothing where no workshop's team works here."""
    if current is None or not current.workshop or page in ROOM_PAGES:
        return
    snapshot = snapshot_of(current.workshop)
    if snapshot is None or snapshot.workshop.closed is not None:
        return
    with st.sidebar, st.container(border=True, key="room_banner"):
        st.fragment(_show, run_every=POLL_SECONDS)(current.workshop, current.name)


def _show(workshop_id: str, workspace: str) -> None:
    snapshot = snapshot_of(workshop_id)
    teams = snapshot.teams if snapshot else ()
    team = next((one for one in teams if one.workspace == workspace), None)
    if snapshot is None or team is None:
        return
    if st.session_state.get(_FROZEN, False) != snapshot.workshop.frozen:
        # The page itself has to go, or to come back.
        st.session_state[_FROZEN] = snapshot.workshop.frozen
        st.rerun()
    now = time.time()
    facilitator = tab.facilitated()
    if facilitator is not None and facilitator.workshop_id == workshop_id:
        _show_visit(team, now)
    st.markdown(f"**{escape(team.name)}** · {escape(box_title(snapshot.workshop))}")
    st.markdown(clock_text(snapshot.workshop, now))
    show_message(snapshot)
    if facilitator is None:
        if now - team.visited < 2 * _VISIT_SECONDS:
            st.caption(t("room_banner.visited"))
        offer_hand(snapshot)
    if snapshot.ballot is not None and snapshot.ballot.closed is None:
        st.page_link("pages/join.py", label=t("room_banner.vote"), icon=":material/how_to_vote:")


def _show_visit(team: Team, now: float) -> None:
    if now - team.visited > _VISIT_SECONDS:
        note_visit(team.team_id)
    st.warning(t("room_banner.visiting", team=escape(team.name)), icon=":material/visibility:")
    st.page_link("pages/room.py", label=t("room_banner.back"), icon=":material/co_present:")


def show_message(snapshot: Snapshot) -> None:
    """What the facilitator says to all, once as a toast too, and whether the room is frozen."""
    workshop = snapshot.workshop
    if workshop.broadcast:
        st.info(escape(workshop.broadcast), icon=":material/campaign:")
        if st.session_state.get(_HEARD) != workshop.broadcast_at:
            st.session_state[_HEARD] = workshop.broadcast_at
            st.toast(escape(workshop.broadcast), icon=":material/campaign:", duration="long")
    if workshop.frozen:
        st.warning(t("room_banner.frozen"), icon=":material/ac_unit:")


def offer_hand(snapshot: Snapshot) -> None:
    """The button that raises this person's hand, or lowers it; nothing for who has not joined."""
    # Of the snapshot: every tab asks every two seconds.
    member = snapshot.person(person.current())
    if member is None:
        return
    up = member.hand is not None
    # A key for each meaning: whoever presses again before the page has changed presses the same.
    act = "lower" if up else "raise"
    with st.container(key="room_hand"):
        st.button(
            t(f"room_banner.{act}"),
            icon=":material/back_hand:",
            key=f"{act}_hand",
            type="primary" if up else "secondary",
            on_click=callback(_move_hand),
            args=(snapshot.workshop.workshop_id, not up),
        )


def _move_hand(workshop_id: str, up: bool) -> None:
    raise_hand(workshop_id, person.current(), up)
    refresh(workshop_id)
