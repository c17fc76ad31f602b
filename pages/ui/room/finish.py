"""More teams, a prepared state for all, the archive, and the end."""

import streamlit as st

from engine.room.archive import archive_workshop
from engine.room.opening import add_team, hand_to_all
from engine.room.workshop import Workshop, close_workshop, teams_of
from engine.storage.workspace import Workspace
from pages.ui.frame import session
from pages.ui.frame.i18n import escape, t
from pages.ui.parts.errors import shown_errors
from pages.ui.room.controls import changed

# Downloads lie in the server's memory, so bigger archives are fetched from its disk.
_MOST_DOWNLOAD = 200_000_000


def show_finish(workshop: Workshop) -> None:
    """What is done once or twice in a workshop."""
    _offer_team(workshop)
    _offer_state(workshop)
    _offer_archive(workshop)
    _offer_end(workshop)


def _offer_team(workshop: Workshop) -> None:
    st.header(t("room.finish.teams"), anchor=False)
    st.caption(t("room.finish.teams_about"))
    if st.button(t("room.finish.add_team"), icon=":material/group_add:", key="add_team"):
        with shown_errors():
            add_team(workshop.workshop_id)
            changed(workshop)


def _offer_state(workshop: Workshop) -> None:
    st.header(t("room.finish.state"), anchor=False)
    st.caption(t("room.finish.state_about"))
    prepared = Workspace.open(workshop.prepared)
    st.code(session.link(prepared), language=None, wrap_lines=True)
    if st.button(t("room.finish.hand_out"), icon=":material/move_down:", key="hand_out"):
        with shown_errors(), st.spinner(t("room.finish.handing")):
            teams = teams_of(workshop.workshop_id)
            hand_to_all(workshop, prepared, [team.workspace for team in teams])
            st.success(t("room.finish.handed", n=len(teams)))


def _offer_archive(workshop: Workshop) -> None:
    st.header(t("room.finish.archive"), anchor=False)
    st.caption(t("room.finish.archive_about"))
    if not st.button(t("room.finish.make"), icon=":material/archive:", key="archive"):
        return
    with shown_errors(), st.spinner(t("room.finish.making")):
        file = archive_workshop(workshop)
        st.success(t("room.finish.made", file=escape(file)))
        if file.stat().st_size <= _MOST_DOWNLOAD:
            st.download_button(
                t("room.finish.download"),
                file.read_bytes,
                file_name=file.name,
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                key="archive_download",
            )


def _offer_end(workshop: Workshop) -> None:
    st.header(t("room.finish.end"), anchor=False)
    sure = st.checkbox(t("room.finish.sure"), key="end_sure")
    if st.button(
        t("room.finish.close"), icon=":material/door_front:", disabled=not sure, key="end"
    ):
        close_workshop(workshop.workshop_id)
        changed(workshop)
