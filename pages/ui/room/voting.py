"""Putting a question to the room, and watching the tally."""

import streamlit as st

from engine.room.ballots import (
    LONGEST_QUESTION,
    MOST_OPTIONS,
    ballots_of,
    close_ballot,
    open_ballot,
)
from engine.room.snapshot import snapshot_of
from engine.room.workshop import Stage, Workshop, put_on_stage
from engine.storage.labels import LONGEST_LABEL
from pages.ui.frame.i18n import t
from pages.ui.frame.room.clock import POLL_SECONDS
from pages.ui.parts.errors import shown_errors
from pages.ui.parts.room.tally import show_tally
from pages.ui.room.controls import changed


def show_voting(workshop: Workshop) -> None:
    """The vote that is on, a new one, and those of before."""
    st.fragment(_show_current, run_every=POLL_SECONDS)(workshop)
    _ask_ballot(workshop)
    before = ballots_of(workshop.workshop_id)[1:]
    if before:
        with st.expander(t("room.voting.before", n=len(before))):
            for ballot in before:
                show_tally(ballot)


def _show_current(workshop: Workshop) -> None:
    snapshot = snapshot_of(workshop.workshop_id)
    if snapshot is None or snapshot.ballot is None:
        return
    with st.container(border=True, key="room_vote"):
        show_tally(snapshot.ballot)
        if snapshot.ballot.closed is None and st.button(
            t("room.voting.end"), icon=":material/stop_circle:", key="vote_end"
        ):
            close_ballot(workshop.workshop_id)
            changed(workshop)


def _ask_ballot(workshop: Workshop) -> None:
    ideas = _ideas(workshop)
    kind = st.radio(
        t("room.voting.on"),
        ("ideas", "question") if ideas else ("question",),
        format_func={
            one: t(f"room.voting.kinds.{one}", n=len(ideas)) for one in ("ideas", "question")
        }.__getitem__,
        key="vote_kind",
    )
    with st.form("ballot"):
        question = st.text_input(
            t("room.voting.question"),
            value=t("room.voting.best_idea") if kind == "ideas" else "",
            max_chars=LONGEST_QUESTION,
            key=f"vote_question_{kind}",
        )
        options = ideas
        if kind == "question":
            text = st.text_area(
                t("room.voting.options"),
                max_chars=MOST_OPTIONS * LONGEST_LABEL,
                key="vote_options",
            )
            options = text.splitlines()
        staged = st.checkbox(t("room.voting.staged"), value=True, key="vote_staged")
        pressed = st.form_submit_button(
            t("room.voting.open"),
            type="primary",
            icon=":material/how_to_vote:",
            key="vote_open",
        )
    if pressed:
        with shown_errors():
            open_ballot(workshop.workshop_id, question, options)
            if staged:
                put_on_stage(workshop.workshop_id, Stage("vote"))
            changed(workshop)


def _ideas(workshop: Workshop) -> list[str]:
    """The ideas of all teams, each with its team."""
    snapshot = snapshot_of(workshop.workshop_id)
    standings = snapshot.standings if snapshot else ()
    return [
        f"{standing.team.name}: {card.title}" for standing in standings for card in standing.ideas
    ][:MOST_OPTIONS]
