"""What the facilitator sets for the whole room: the clock, a message to all, the freeze."""

import time

import streamlit as st

from engine.room.clock import set_box, start_clock, stop_clock
from engine.room.snapshot import refresh, snapshot_of
from engine.room.workshop import LONGEST_BROADCAST, Workshop, broadcast, set_frozen
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.frame.room.clock import POLL_SECONDS, clock_text


def show_controls(workshop: Workshop) -> None:
    """The controls above the views; the clock is polled every two seconds."""
    tab.keep()
    with st.container(horizontal=True, vertical_alignment="center", key="room_head"):
        st.subheader(escape(workshop.title), anchor=False, width="content")
        st.markdown(f"`{workshop.code}`", width="content")
        if workshop.frozen:
            st.badge(t("room.frozen"), icon=":material/ac_unit:", color="blue")
    with st.container(border=True, key="room_controls"):
        _show_clock(workshop)
        _ask_message(workshop)


def changed(workshop: Workshop) -> None:
    """Show everybody what was just changed."""
    refresh(workshop.workshop_id)
    st.rerun()


def _show_clock(workshop: Workshop) -> None:
    running = workshop.clock.started is not None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        labels = [_box_label(workshop, place) for place in range(len(workshop.agenda))]
        box = st.selectbox(
            t("room.box"),
            range(len(labels)),
            index=workshop.clock.box,
            format_func=labels.__getitem__,
            key=f"room_box_{workshop.clock.box}",
            width=360,
        )
        if box != workshop.clock.box:
            set_box(workshop.workshop_id, box)
            changed(workshop)
        st.fragment(_show_face, run_every=POLL_SECONDS if running else None)(workshop)
        label, icon = ("stop", "pause") if running else ("start", "play_arrow")
        if st.button(
            t(f"room.{label}_clock"), icon=f":material/{icon}:", type="primary", key="room_clock"
        ):
            stop_clock(workshop.workshop_id) if running else start_clock(workshop.workshop_id)
            changed(workshop)
        last = workshop.clock.box == len(workshop.agenda) - 1
        if st.button(
            t("room.next_box"), icon=":material/skip_next:", disabled=last, key="room_next"
        ):
            set_box(workshop.workshop_id, workshop.clock.box + 1)
            changed(workshop)
        label, icon = ("thaw", "sunny") if workshop.frozen else ("freeze", "ac_unit")
        if st.button(t(f"room.{label}"), icon=f":material/{icon}:", key="room_freeze"):
            set_frozen(workshop.workshop_id, not workshop.frozen)
            changed(workshop)


def _box_label(workshop: Workshop, place: int) -> str:
    box = workshop.agenda[place]
    return t("room.box_label", n=place + 1, title=escape(box.title), minutes=box.minutes)


def _show_face(workshop: Workshop) -> None:
    snapshot = snapshot_of(workshop.workshop_id)
    shown = snapshot.workshop if snapshot else workshop
    st.markdown(f"**{clock_text(shown, time.time())}**", width="content")


def _ask_message(workshop: Workshop) -> None:
    with (
        st.form("broadcast", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        text = st.text_input(
            t("room.message"),
            max_chars=LONGEST_BROADCAST,
            placeholder=t("room.message_example"),
            key="room_message",
        )
        pressed = st.form_submit_button(t("room.send"), icon=":material/campaign:", key="room_send")
    if pressed:
        broadcast(workshop.workshop_id, text)
        changed(workshop)
    if workshop.broadcast:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(t("room.message_now", text=escape(workshop.broadcast)), width="content")
            if st.button(t("room.message_end"), type="tertiary", key="room_message_end"):
                broadcast(workshop.workshop_id, "")
                changed(workshop)
