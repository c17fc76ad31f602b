"""A frozen room: the team's pages wait until the facilitator goes on."""

import streamlit as st

from engine.room.snapshot import snapshot_of
from engine.storage.workspace import Workspace
from pages.ui.frame.i18n import t
from pages.ui.frame.room import tab


def holds(current: Workspace | None) -> bool:
    """Whether this tab's shop is a team's whose room is frozen; a facilitator is never held."""
    if current is None or not current.workshop:
        return False
    snapshot = snapshot_of(current.workshop)
    if snapshot is None or snapshot.workshop.closed is not None or not snapshot.workshop.frozen:
        return False
    facilitator = tab.facilitated()
    return facilitator is None or facilitator.workshop_id != current.workshop


def show() -> None:
    """What stands in place of the page as long as the room is frozen."""
    with st.container(border=True, key="room_frozen"):
        st.header(t("room_banner.frozen_title"), anchor=False)
        st.markdown(t("room_banner.frozen_text"))
