"""Which workshop this tab belongs to: as its facilitator, or as somebody in a team."""

import streamlit as st

from engine.room.people import Member, find_member
from engine.room.workshop import Workshop, workshop_by_token
from pages.ui.frame import cookie, link, person

TOKEN, LOOK, CODE, ROOM = "f", "look", "code", "room"
# What a link may bring: the person, the facilitator's token, that the facilitator looks into a
# team's shop, a code, and the room of a stage.
PARAMETERS = (person.KEY, TOKEN, LOOK, CODE, ROOM)
COOKIE = "shoplab_facilitator"


def facilitated() -> Workshop | None:
    """The workshop whose facilitator sits at this tab."""
    link.remember(TOKEN, LOOK)
    if st.session_state.get(LOOK):
        recall()
    return workshop_by_token(token())


def token() -> str:
    """The facilitator's token that this tab was opened with; empty without one."""
    return str(st.session_state.get(TOKEN) or "")


def take_token(secret: str) -> None:
    """Be the facilitator who holds this token; an empty one is nobody."""
    st.session_state[TOKEN] = secret


def keep() -> None:
    """Keep the token in a cookie of the browser and out of the address, which may be passed on."""
    link.show(TOKEN, "")
    cookie.keep(COOKIE, token())


def recall() -> None:
    """Be the facilitator whose token the browser keeps, in a tab that has none of its own."""
    kept = cookie.read(COOKIE)
    if not token() and workshop_by_token(kept) is not None:
        take_token(kept)


def member() -> Member | None:
    """The person at this tab in the open workshop that they joined last."""
    return find_member(person.current())
