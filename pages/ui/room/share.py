"""The ways into the room: code, link, QR code; and the agenda."""

import streamlit as st

from engine.room.agenda import total_minutes
from engine.room.workshop import Workshop
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.parts.room.qr import show_qr


def show_share(workshop: Workshop) -> None:
    """What people need to join, the facilitator's own link, and the plan of the day."""
    with st.container(horizontal=True, gap="large"):
        show_qr(workshop.join_link, 220)
        with st.container(width=420):
            st.markdown(t("room.share.join"))
            st.code(workshop.join_link, language=None, wrap_lines=True)
            st.markdown(t("room.share.code", letters=workshop.code))
            st.markdown(t("room.share.stage"))
            st.code(stage_link(workshop), language=None, wrap_lines=True)
            st.markdown(t("room.share.facilitator"))
            own = f"{workshop.address}/room?{tab.TOKEN}={tab.token()}"
            st.code(own, language=None, wrap_lines=True)
    st.header(t("room.share.agenda", n=total_minutes(workshop.agenda)), anchor=False)
    for place, box in enumerate(workshop.agenda, start=1):
        text = t("room.box_label", n=place, title=escape(box.title), minutes=box.minutes)
        st.markdown(f"**{text}**" if place - 1 == workshop.clock.box else text)


def stage_link(workshop: Workshop) -> str:
    """The address of the stage, which shows no secret but lets nobody act."""
    room = f"{tab.ROOM}={workshop.workshop_id}"
    return f"{workshop.address}/stage?{room}&lang={workshop.language}"
