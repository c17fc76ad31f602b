"""Joining: the code, then a name and a team."""

from collections import Counter

import streamlit as st

from engine.errors import InputError
from engine.room.opening import CODE_LENGTH
from engine.room.people import LONGEST_NAME, TEAM_SIZE, find_workshop, join, people_of
from engine.room.snapshot import refresh
from engine.room.workshop import Workshop, teams_of
from engine.storage.workspace import Workspace
from pages.ui.frame import link, person, session
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room import tab
from pages.ui.parts.errors import show_error, shown_errors


def ask_to_join() -> None:
    """Ask for the code, unless the link brought it, then for a name and a team."""
    code = str(st.session_state.get(tab.CODE) or "")[:CODE_LENGTH]
    if code:
        try:
            _ask_name(find_workshop(code, session.owner()))
        except InputError as error:
            show_error(error)
            st.session_state[tab.CODE] = ""
            link.show(tab.CODE, "")
        else:
            return
    with st.form("join_code"):
        typed = st.text_input(
            t("join.code"),
            max_chars=2 * CODE_LENGTH,
            placeholder="ACD346",
            autocomplete="off",
            key="room_code",
            help=t("join.code_help"),
        )
        pressed = st.form_submit_button(
            t("join.go_on"), type="primary", width="stretch", key="join_code_go"
        )
    if pressed and typed:
        st.session_state[tab.CODE] = "".join(typed.split())[:CODE_LENGTH]
        st.rerun()


def _ask_name(workshop: Workshop) -> None:
    st.subheader(escape(workshop.title), anchor=False)
    teams = teams_of(workshop.workshop_id)
    people = Counter(one.team_id for one in people_of(workshop.workshop_id))
    with st.form("join_name"):
        name = st.text_input(
            t("join.name"), max_chars=LONGEST_NAME, key="room_name", autocomplete="given-name"
        )
        chosen = st.radio(
            t("join.team"),
            teams,
            index=None,
            format_func=lambda team: escape(team.name),
            captions=[
                t("join.places", n=max(TEAM_SIZE - people[team.team_id], 0)) for team in teams
            ],
            key="room_team",
        )
        pressed = st.form_submit_button(
            t("join.join"), type="primary", width="stretch", key="join_name_go"
        )
    if not pressed:
        return
    if chosen is None:
        st.error(t("join.choose_team"), icon=":material/groups:")
        return
    with shown_errors():
        member = join(workshop, person.current(), name or "", chosen.team_id)
        refresh(workshop.workshop_id)
        session.enter(Workspace.open(member.team.workspace))
        link.show(tab.CODE, "")
        st.rerun()
