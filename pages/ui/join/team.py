"""What somebody in a team sees: clock, message, exercise, their shop, the vote."""

import time

import streamlit as st

from engine.errors import InputError
from engine.room.ballots import Ballot, choice_of, vote
from engine.room.people import Member, leave
from engine.room.snapshot import Snapshot, refresh, snapshot_of
from engine.storage.workspace import Workspace
from pages.ui.frame import person, session, shell
from pages.ui.frame.callbacks import callback
from pages.ui.frame.i18n import escape, t
from pages.ui.frame.room.banner import offer_hand, show_message
from pages.ui.frame.room.clock import POLL_SECONDS, box_title, clock_text
from pages.ui.parts.room.tally import show_tally


def show_team(member: Member) -> None:
    """The team's page, polled every two seconds; the tab is in the team's workspace from now on."""
    person.keep()
    try:
        shop = Workspace.open(member.team.workspace)
    except InputError:
        st.error(t("join.shop_gone"), icon=":material/error:")
        return
    current = session.workspace()
    if current is None or current.name != shop.name:
        session.enter(shop)
        # The sidebar above still shows the shop of before.
        st.rerun()
    st.subheader(f"{escape(member.team.name)} · {escape(member.person.name)}", anchor=False)
    st.caption(escape(member.workshop.title))
    st.fragment(_show_room, run_every=POLL_SECONDS)(member)
    with st.container(horizontal=True):
        _link("home", t("join.open_shop"))
        _link("course", t("join.open_course"))
        _link("ideas", t("join.open_ideas"))
    with st.expander(t("join.not_me"), icon=":material/logout:"):
        st.caption(t("join.not_me_text"))
        if st.button(t("join.leave"), key="leave_room"):
            leave(member.workshop.workshop_id, person.current())
            refresh(member.workshop.workshop_id)
            session.leave()
            st.rerun()


def _link(page: str, label: str) -> None:
    if shell.available(page):
        st.page_link(shell.page_file(page), label=label, icon=shell.ICONS[page])


def _show_room(member: Member) -> None:
    snapshot = snapshot_of(member.workshop.workshop_id)
    if snapshot is None or snapshot.workshop.closed is not None:
        st.info(t("join.closed"), icon=":material/door_front:")
        return
    with st.container(border=True, key="join_clock"):
        st.markdown(f"**{escape(box_title(snapshot.workshop))}**")
        st.markdown(clock_text(snapshot.workshop, time.time()))
    show_message(snapshot)
    _show_exercise(snapshot, member)
    offer_hand(snapshot)
    if snapshot.ballot is not None:
        with st.container(border=True, key="join_vote"):
            _show_vote(snapshot.ballot, snapshot.workshop.workshop_id)
    standing = snapshot.standing(member.team.team_id)
    if standing is not None:
        people = ", ".join(escape(one.name) for one in standing.people)
        st.caption(t("join.people", people=people))


def _show_exercise(snapshot: Snapshot, member: Member) -> None:
    standing = snapshot.standing(member.team.team_id)
    if standing is None or standing.exercise is None:
        return
    exercise = standing.exercise
    passed = len(standing.results) - len(standing.failed)
    with st.container(border=True, key="join_exercise"):
        st.markdown(f"**{exercise.number}. {escape(exercise.title)}**")
        st.caption(t("join.checks", passed=passed, total=len(standing.results)))
        if shell.available("course"):
            st.page_link(
                shell.page_file("course"),
                label=t("join.go_on_exercise"),
                icon=shell.ICONS["course"],
                query_params={"exercise": exercise.slug},
            )


def _show_vote(ballot: Ballot, workshop_id: str) -> None:
    own = choice_of(ballot.ballot_id, person.current())
    if ballot.closed is None:
        st.markdown(f"**{escape(ballot.question)}**")
        labels = [escape(option) for option in ballot.options]
        choice = st.radio(
            t("join.vote"),
            range(len(labels)),
            index=own,
            format_func=labels.__getitem__,
            key=f"ballot_{ballot.ballot_id}",
        )
        label = t("join.cast" if own is None else "join.change")
        unchanged = choice is None or choice == own
        st.button(
            label,
            type="primary",
            disabled=unchanged,
            key="cast",
            width="stretch",
            on_click=callback(_cast),
            args=(workshop_id, ballot.ballot_id, choice),
        )
        if own is not None:
            st.caption(t("join.voted", option=escape(ballot.options[own])))
    if own is not None or ballot.closed is not None:
        show_tally(ballot, titled=ballot.closed is not None)


def _cast(workshop_id: str, ballot_id: int, choice: int) -> None:
    vote(ballot_id, person.current(), choice)
    refresh(workshop_id)
