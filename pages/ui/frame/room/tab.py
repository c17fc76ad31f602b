"""Which workshop this tab belongs to: as its facilitator, or as somebody in a team."""

import streamlit as st

from engine.room.people import Member, find_member
from engine.room.workshop import Workshop, workshop_by_token
from pages.ui.frame import link, person

TOKEN, CODE, ROOM = "f", "code", "room"
# What a link may bring: the person, the facilitator's token, a code, and the room of a stage.
PARAMETERS = (person.KEY, TOKEN, CODE, ROOM)


def facilitated() -> Workshop | None:
    """The workshop whose facilitator sits at this tab."""
    link.remember(TOKEN)
    return workshop_by_token(token())


def token() -> str:
    """The facilitator's token that this tab was opened with; empty without one."""
    return str(st.session_state.get(TOKEN) or "")


def take_token(secret: str) -> None:
    """Be the facilitator who holds this token; an empty one is nobody."""
    st.session_state[TOKEN] = secret
    link.show(TOKEN, secret)


def member() -> Member | None:
    """The person at this tab in the open workshop that they joined last."""
    return find_member(person.current())
