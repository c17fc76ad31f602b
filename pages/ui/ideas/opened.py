"""The card that this tab has open, as it was when it was opened.

A save is made over that version, never over whatever the board holds by then: otherwise a rerun in
the middle of writing would hide that somebody else was faster.
"""

import secrets

import streamlit as st

from engine.errors import InputError
from engine.ideas.board import IdeaBoard
from engine.ideas.card import Card
from engine.ideas.example import example_card
from engine.storage.workspace import Workspace
from pages.ui.frame import i18n, link

# The parameter of the address that names the open card.
KEY = "card"
NEW, EXAMPLE = "new", "example"
_CARD, _STAMP = "ideas_card", "ideas_stamp"


def is_open() -> bool:
    """Whether a card is open, so that the board is not shown."""
    chosen = str(st.session_state.get(KEY) or "")
    link.show(KEY, chosen)
    return bool(chosen)


def begin(card: Card, name: str | None = None) -> None:
    """Open `card`: a stored one, or a new one that is called `NEW` until it is saved."""
    st.session_state[KEY] = name or card.id or NEW
    put(card)
    st.session_state[_STAMP] = secrets.token_hex(3)


def put(card: Card) -> None:
    """Keep what became of the open card; what is being typed beside it stays."""
    st.session_state[_CARD] = card
    if card.id:
        st.session_state[KEY] = card.id


def close() -> None:
    """Back to the board."""
    for name in (KEY, _CARD, _STAMP):
        st.session_state.pop(name, None)
    # What stays in the address would open the card again.
    link.show(KEY, "")


def read(current: Workspace) -> Card:
    """The open card; one that a link names is read from the board. InputError if it is gone."""
    card: Card | None = st.session_state.get(_CARD)
    name = str(st.session_state[KEY])
    if card is None or name not in (card.id or NEW, EXAMPLE):
        if name == NEW:
            card = Card()
        elif name == EXAMPLE:
            card = example_card(i18n.language())
        else:
            card = IdeaBoard(current).card(name)
        begin(card, name)
    return card


def newer(current: Workspace, card: Card) -> Card | None:
    """The card as somebody else has changed it since it was opened, if somebody has."""
    if not card.id:
        return None
    try:
        stored = IdeaBoard(current).card(card.id)
    except InputError:
        return None
    return stored if stored.version > card.version else None


def key(name: str) -> str:
    """The key of a widget of the open card; it changes when a card is opened anew."""
    return f"idea_{name}_{st.session_state.get(_STAMP, '')}"
